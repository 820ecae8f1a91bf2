// By the groups of the table of options, so that a new option has its place at once.
#include "batch/layers.h"

#include "config/options.h"

namespace kinema::batch {
namespace {

using config::Group;
using config::Option;

// What cannot change without a reload, or is about the program and not the video.
bool only_in_run(const Option& option) {
  return option.group == Group::kModel || option.group == Group::kMachine ||
         option.group == Group::kTalk || option.key == "offload" || option.key == "load_ahead" ||
         option.key == "max_memory";
}

bool may_be_in_run(const Option& option) {
  return only_in_run(option) || option.group == Group::kMemory;
}

void check_object(const Layer& layer, const char* name, config::Violations& violations) {
  if (!layer.text || layer.settings.is_object()) return;
  violations.add(ErrorKind::kConfig, std::string("\"") + name + "\" must be an object, not " +
                                         layer.settings.type_name() + place(layer, ""));
}

void refuse_run_settings(const Layer& layer, const char* whose, config::Violations& violations) {
  if (!layer.text || !layer.settings.is_object()) return;
  for (const auto& [key, value] : layer.settings.items()) {
    const auto* option = config::find_option(key);
    if (key == "overwrite") {
      violations.add(ErrorKind::kConfig,
                     "\"overwrite\" is a flag of the command, not of a job" + place(layer, key),
                     "kinema batch FILE --overwrite");
    } else if (option != nullptr && only_in_run(*option)) {
      violations.add(ErrorKind::kConfig,
                     "\"" + key + "\" is the same for all jobs and cannot stand in " + whose +
                         place(layer, key),
                     "put it into \"run\"");
    } else if (option != nullptr && value == "-" && (key == "prompt" || key == "negative_prompt")) {
      violations.add(
          ErrorKind::kConfig,
          "\"" + key + "\" cannot come from standard input in a job file" + place(layer, key),
          "a text, or \"@FILE\"");
    }
  }
}

}  // namespace

void check_run(const Layer& run, config::Violations& violations) {
  check_object(run, "run", violations);
  if (!run.text || !run.settings.is_object()) return;
  for (const auto& [key, value] : run.settings.items()) {
    const auto* option = config::find_option(key);
    if (option == nullptr || may_be_in_run(*option)) continue;
    violations.add(ErrorKind::kConfig,
                   "\"" + key + "\" is a job's and cannot stand in \"run\"" + place(run, key),
                   "put it into \"defaults\"");
  }
}

void check_defaults(const Layer& defaults, config::Violations& violations) {
  check_object(defaults, "defaults", violations);
  refuse_run_settings(defaults, "\"defaults\"", violations);
}

void check_job(const Layer& job, config::Violations& violations) {
  refuse_run_settings(job, "a job", violations);
}

void check_twice(const Header& header, config::Violations& violations) {
  const auto &run = header.run, &defaults = header.defaults;
  if (!run.text || !defaults.text || !run.settings.is_object() || !defaults.settings.is_object())
    return;
  for (const auto& [key, value] : defaults.settings.items()) {
    if (!run.settings.contains(key)) continue;
    violations.add(ErrorKind::kConfig,
                   "\"" + key + "\" stands in \"run\" and in \"defaults\"" + place(defaults, key),
                   "leave one of them out");
  }
}

}  // namespace kinema::batch
