// kinema decode: saved latents to a video.
#include <iostream>

#include "base/log.h"
#include "batch/stored_job.h"
#include "checkpoint/safetensors.h"
#include "command.h"
#include "engine_process.h"
#include "plan/plan_report.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

config::Settings stored_with(const std::filesystem::path& latents) {
  const auto metadata = checkpoint::SafetensorsFile(latents).metadata();
  const auto job = metadata.find("job");
  if (job == metadata.end()) {
    note(latents.string() + " does not hold its job; settings come from the flags");
    return {};
  }
  config::Violations violations;
  auto settings = batch::stored_settings(job->second, latents, batch::Again::kDecode, violations);
  violations.throw_if_any();
  return settings;
}

int run(const Command& self, const CommandLine& line) {
  if (line.positionals.size() != 1) {
    throw Error(ErrorKind::kUsage,
                line.positionals.empty() ? "a latents file is missing" : "one file at a time",
                "kinema decode " + self.usage);
  }
  const auto& latents = line.positionals.front();
  auto flags = line;
  flags.positionals.clear();
  const auto job =
      prepare(flags, PromptNeed::kOptional, {stored_with(latents), plan::Scope::kDecoding});
  if (!line.has("--dry-run")) become_engine(job, {{"decode", latents}});
  std::cout << (job.request().json ? plan::plan_json(job).dump(2) + "\n" : plan::plan_report(job));
  return 0;
}

}  // namespace

Command decode_command() {
  return {
      "decode",
      "Make the video of latents that --save-latents has written.",
      "LATENTS.safetensors [-o FILE|DIR/] [flags]",
      {"rain.safetensors -o rain.mp4", "rain.safetensors --vae-tiling on --codec ffv1 -o rain.mkv"},
      {all_settings(), {config_flag(), dry_run_flag()}, "LATENTS"},
      run};
}

}  // namespace kinema::cli
