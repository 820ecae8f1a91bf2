// kinema generate: one job from flags.
#include <iostream>
#include <utility>

#include "command.h"
#include "engine_process.h"
#include "plan/plan_report.h"
#include "prepare.h"
#include "preview_flags.h"

namespace kinema::cli {
namespace {

VerbFlags flags() {
  VerbFlags all = {all_settings(), {config_flag(), dry_run_flag()}, ""};
  for (auto& flag : preview_flags()) all.own.push_back(std::move(flag));
  return all;
}

int run(const Command&, const CommandLine& line) {
  const auto job = prepare(line, PromptNeed::kRequired);
  const auto task = preview_task(line, job);
  if (!line.has("--dry-run")) become_engine(job, task);
  std::cout << (job.request().json ? plan::plan_json(job).dump(2) + "\n" : plan::plan_report(job));
  return 0;
}

}  // namespace

Command generate_command() {
  return {"generate",
          "Make a video from text, or from text and an image.",
          "[--model PATH] --prompt TEXT|@FILE|- [--image PATH] [-o FILE|DIR/] [flags]",
          {"-p \"Rain on a tin roof\" -o rain.mp4",
           "--model 480p_i2v -p @fox.txt --image fox.png --seed 7",
           "--config job.json --steps 20 --dry-run"},
          flags(),
          run};
}

}  // namespace kinema::cli
