// Measuring one job: warm-ups, then runs.
#pragma once

#include <cstdint>
#include <filesystem>

#include "bench/record.h"
#include "bench/sweep.h"
#include "command_line.h"
#include "plan/job.h"

namespace kinema::cli {

// A folder for what measured runs write, gone with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// --warmup, --runs and --one-load over `otherwise`. Throws Error(kUsage).
bench::Repetitions repetitions_of(const CommandLine& line, const bench::Repetitions& otherwise);

// The command line's job as it is measured: its video and metrics go to `scratch` unless flags say
// where, and it shows no progress unless a flag asks for it. With kForAll it is a job of as many
// videos as there are repetitions. Throws as prepare() does, and Error(kUsage) if the job itself
// makes several videos.
plan::Job job_to_measure(CommandLine line,
                         const std::filesystem::path& scratch,
                         const bench::Repetitions& repetitions);

// Fills in what describes the run and the runs themselves; a run that fails ends the measurement as
// kFailed with its exit code and last words.
void measure(const plan::Job& job, const bench::Repetitions& repetitions, bench::Cell& cell);

}  // namespace kinema::cli
