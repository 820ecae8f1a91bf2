// Whole jobs of the stored tiny checkpoints.
#pragma once

#include <filesystem>
#include <string>

#include "pipeline/generate.h"
#include "plan/job.h"

namespace kinema::test {

inline const std::string kHunyuan = "hunyuan15", kLtx2 = "ltx2";

class Silent : public report::Progress {
  void stage_began(const std::string&, int64_t) override {}
  void step_ended(int64_t, int64_t) override {}
  void stage_ended(const report::StageEnd&) override {}
};

// Nine frames in two steps, with guidance. variant: "t2v" or "i2v". Writes its frames to the folder
// `frames` and tensors beside it.
config::Request tiny_request(const std::string& family,
                             const std::string& variant,
                             const std::filesystem::path& frames);

plan::Job planned(const config::Request& request);

// The job from its prompt to its frames, on this rank of the team.
void generate(const plan::Job& job,
              parallel::Team& team,
              at::Device device,
              at::ScalarType type,
              report::Progress& progress);

}  // namespace kinema::test
