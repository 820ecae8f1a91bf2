// kinema plan: check and estimate without LibTorch or a GPU.
#include <iostream>

#include "command.h"
#include "plan/plan_report.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

int run(const Command&, const CommandLine& line) {
  const auto job = prepare(line, PromptNeed::kOptional);
  if (job.request().json) {
    std::cout << plan::plan_json(job).dump(2) << "\n";
    return 0;
  }
  std::cout << plan::plan_report(job);
  if (line.has("--explain")) std::cout << "\n" << plan::explanation(job);
  return 0;
}

}  // namespace

Command plan_command() {
  return {"plan",
          "Check a job and estimate its memory, without computing anything.",
          "[FILE] [flags of kinema generate]",
          {"--model hy15 --resolution 720p", "job.json --explain"},
          {all_settings(), {config_flag(), explain_flag()}, "FILE"},
          run};
}

}  // namespace kinema::cli
