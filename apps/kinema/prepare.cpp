// The layers in their order, then everything the job meets outside its request.
#include "prepare.h"

#include <algorithm>
#include <random>

#include <unistd.h>

#include "base/log.h"
#include "base/nearest.h"
#include "batch/picture.h"
#include "launch/environment.h"
#include "plan/machine.h"

namespace kinema::cli {
namespace {

namespace fs = std::filesystem;
using config::Settings;
using config::Violations;

Settings settings_of(const CommandLine& line, const Settings& below, Violations& violations) {
  auto settings = below;
  std::vector<std::string> files = line.positionals;
  if (auto file = line.value("--config")) files.push_back(*file);
  for (const auto& file : files) config::apply_file(file, settings, violations);
  config::apply_environment(environment(), settings, violations);
  config::apply_flags(line.settings, settings, violations);
  config::expand_prompts(settings, violations);
  quiet_progress(settings);
  return settings;
}

// The first shipped model that does what the job is about, or the first at all.
void take_shipped(const std::vector<ShippedModel>& shipped, Settings& settings) {
  if (shipped.empty()) {
    throw Error(ErrorKind::kUsage, "no model is given, and none is shipped with this program",
                "--model PATH");
  }
  const auto task =
      settings.request.image ? checkpoint::Task::kImageToVideo : checkpoint::Task::kTextToVideo;
  const auto* chosen = &shipped.front();
  for (const auto& one : shipped) {
    if (checkpoint::read_model_index(one.folder).task != task) continue;
    chosen = &one;
    break;
  }
  settings.request.model = chosen->folder;
  settings.sources["model"] = "shipped";
  note("model " + chosen->name + " (shipped with this program; --model takes another)");
}

// For what names a model on the web, of which only downloaded folders are read, and for what a
// video or latents were made with.
std::string missing_model_hint(const Settings& settings) {
  const auto model = settings.request.model->string();
  const auto owner = model.substr(0, model.find('/'));
  const auto source = settings.source("model");
  if (owner == model && source != "--model" && source != "KINEMA_MODEL")
    return "--model FOLDER; " + source + " holds the folder's name, not where it is";
  const bool is_name = model.starts_with("https://") ||
                       (!owner.empty() && owner != "~" && owner.size() < model.size() &&
                        std::count(model.begin(), model.end(), '/') == 1 && !fs::exists(owner));
  return is_name ? "download the checkpoint first, and give its folder" : "";
}

// This process's place, if another launcher has started several.
std::optional<launch::Placement> launched() {
  auto place = launch::placement(launch::process_environment);
  return place && place->size > 1 ? place : std::nullopt;
}

// MPI's launchers and Slurm may give each process cores of its own; torchrun leaves all of them to
// all.
int64_t bound_apart(const std::optional<launch::Placement>& place) {
  return place && place->source != "torchrun" ? place->local_size : 1;
}

}  // namespace

VerbFlag config_flag() {
  return {{"--config"}, "FILE", "read settings from a JSON file; flags overrule it"};
}
VerbFlag dry_run_flag() {
  return {{"--dry-run"}, "", "check the job and print its plan, as kinema plan does"};
}
VerbFlag explain_flag() {
  return {{"--explain"}, "", "print every setting with its value and where it comes from"};
}

void quiet_progress(Settings& settings) {
  auto& request = settings.request;
  if (request.log_level != LogLevel::kQuiet || request.progress != config::ProgressStyle::kAuto)
    return;
  request.progress = config::ProgressStyle::kNone;
  settings.sources["progress"] = settings.source("log_level");
}

config::Environment environment() {
  config::Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

void find_model(Settings& settings) {
  const auto shipped = shipped_models();
  auto& model = settings.request.model;
  if (!model) return take_shipped(shipped, settings);
  if (fs::exists(*model)) return;
  std::vector<std::string> names;
  for (const auto& one : shipped) {
    names.push_back(one.name);
    if (one.name == model->string()) {
      model = one.folder;
      return;
    }
  }
  const auto meant = did_you_mean(model->string(), names);
  throw Error(
      ErrorKind::kModel,
      model->string() + ": no such model folder" + (names.empty() ? "" : " or shipped model"),
      meant.empty() ? missing_model_hint(settings) : meant);
}

plan::Surroundings look_around() {
  plan::Surroundings around;
  around.cuda_build = KINEMA_WITH_CUDA != 0;
  around.kernels_build = KINEMA_WITH_KERNELS != 0;
  const auto variables = environment();
  const auto visible = variables.find("CUDA_VISIBLE_DEVICES");
  around.gpus = plan::visible_gpus(visible == variables.end() ? std::nullopt
                                                              : std::optional(visible->second));
  around.host_memory = plan::available_memory();
  // Short enough to be typed again.
  around.random_seed = std::random_device{}();
  const auto place = launched();
  if (place) {
    around.ranks = place->size;
    around.local_ranks = place->local_size;
  }
  around.cores = plan::available_cores(bound_apart(place));
  return around;
}

void set_up_log(LogLevel level) {
  set_log_level(level);
  if (const auto place = launched(); place && place->rank > 0) mute_log();
}

plan::Job prepare(const CommandLine& line, PromptNeed prompt, const Below& below) {
  Violations typed;
  auto settings = settings_of(line, below.settings, typed);
  typed.throw_if_any();
  set_up_log(settings.request.log_level);

  Violations violations;
  if (!settings.request.prompt && prompt == PromptNeed::kRequired) {
    violations.add(ErrorKind::kUsage, "a prompt is missing",
                   "-p \"what to show\", -p @FILE, or -p - for standard input");
  }
  find_model(settings);
  auto model = plan::read_model(settings.request);
  auto around = look_around();
  around.scope = below.scope;
  around.picture = batch::picture_size(settings.request, violations);
  auto job = plan::plan_job(std::move(settings), std::move(model), around, violations);
  violations.throw_if_any();
  for (const auto& text : job.notes) note(text);
  return job;
}

}  // namespace kinema::cli
