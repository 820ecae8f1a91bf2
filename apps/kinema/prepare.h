// From a command line to a planned job.
#pragma once

#include "command_line.h"
#include "plan/job.h"

namespace kinema::cli {

// --config, --dry-run and --explain, as flags of a verb that prepares a job.
VerbFlag config_flag();
VerbFlag dry_run_flag();
VerbFlag explain_flag();

enum class PromptNeed { kRequired, kOptional };

// What lies below the command line's layers, and what is done with the job.
struct Below {
  config::Settings settings = {};
  plan::Scope scope = plan::Scope::kOneJob;
};

// All layers applied, the model's files read, the job planned; notes are printed. Throws one Error
// with everything that is wrong with what was typed, or else with everything that is wrong with the
// job.
plan::Job prepare(const CommandLine& line, PromptNeed prompt, const Below& below = {});

// The parts of that, for verbs that prepare many jobs. A model's name becomes its folder; nothing
// given is the first shipped model that suits the job. Throws Error(kModel) if there is none.
void find_model(config::Settings& settings);
// The machine, and where another launcher has placed this process.
plan::Surroundings look_around();
// -q hides progress too.
void quiet_progress(config::Settings& settings);
// Of several processes that another launcher has started the first speaks.
void set_up_log(LogLevel level);

// Folders and names of the models that ship with the program, sorted.
struct ShippedModel {
  std::string name;
  std::filesystem::path folder;
};
std::vector<ShippedModel> shipped_models();

// The folder that holds this program.
std::filesystem::path program_folder();

// The process's environment.
config::Environment environment();

}  // namespace kinema::cli
