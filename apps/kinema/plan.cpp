// kinema plan: check and estimate without LibTorch or a GPU.
#include <iostream>

#include "command.h"
#include "plan/plan_report.h"
#include "plan/simulation_report.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

VerbFlag simulate_flag() {
  return {
      {"--simulate"},
      "",
      "print how much of gathering the model's weights (--use-hsdp) would hide behind computing, "
      "for several links, numbers of GPUs and video tokens"};
}

void print_json(const plan::Job& job, const CommandLine& line) {
  auto json = plan::plan_json(job);
  if (line.has("--simulate")) json["simulation"] = plan::simulation_json(job);
  std::cout << json.dump(2) << "\n";
}

int run(const Command&, const CommandLine& line) {
  const auto job = prepare(line, PromptNeed::kOptional);
  if (job.request().json) {
    print_json(job, line);
    return 0;
  }
  std::cout << plan::plan_report(job);
  if (line.has("--simulate")) std::cout << "\n" << plan::simulation_text(job);
  if (line.has("--explain")) std::cout << "\n" << plan::explanation(job, look_around());
  return 0;
}

}  // namespace

Command plan_command() {
  return {"plan",
          "Check a job and estimate its memory, without computing anything.",
          "[FILE] [flags of kinema generate]",
          {"--model 480p_t2v --resolution 720p", "job.json --explain", "--model 480p_t2v --simulate"},
          {all_settings(), {config_flag(), explain_flag(), simulate_flag()}, "FILE"},
          run};
}

}  // namespace kinema::cli
