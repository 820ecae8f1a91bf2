// From a job as a file states it to one that is planned.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "batch/job_file.h"
#include "plan/job.h"

namespace kinema::batch {

// What stands behind every job of a run: the layers below and above the file's, the model, and the
// machine.
struct Behind {
  config::Settings base;                 // of the program, --config and the environment
  std::vector<config::GivenFlag> flags;  // of the command line: they overrule the jobs
  plan::ModelFacts model;
  plan::Surroundings around;
};

// Settings that hold for the whole run: base, "run", flags.
config::Settings run_settings(const config::Settings& base,
                              const Header& header,
                              const std::vector<config::GivenFlag>& flags,
                              config::Violations& violations);

class Resolver {
 public:
  Resolver(Behind behind, Header header);

  // base < run < defaults < job < flags, planned. Its outputs are called after the job's id unless
  // it names a file; a job without a seed gets one that is made from what it says, so that it is
  // the same when the file is read again. Everything wrong goes to `violations`.
  plan::Job resolve(const Entry& entry, config::Violations& violations) const;

  const plan::ModelFacts& model() const { return behind_.model; }

 private:
  Behind behind_;
  Header header_;
};

}  // namespace kinema::batch
