// Layers over layers, then the planner.
#include "batch/resolver.h"

#include <utility>

#include "base/log.h"
#include "batch/picture.h"
#include "checkpoint/fingerprint.h"
#include "config/request_json.h"

namespace kinema::batch {
namespace {

namespace fs = std::filesystem;

bool names_folder(const fs::path& path) {
  return path.string().ends_with('/') || fs::is_directory(path);
}

// Outputs without a file's name are called after the job.
void name_outputs(const std::string& id, config::Settings& settings) {
  auto& request = settings.request;
  const auto name = id + "-{seed}";
  const auto ending = request.codec == config::Codec::kFfv1 ? ".mkv" : ".mp4";
  if (!request.output) {
    if (request.frames_dir) return;
    request.output = name + ending;
    settings.sources["output"] = "the job's id";
  } else if (names_folder(*request.output)) {
    *request.output /= name + ending;
  }
}

// 32 bits of the job's settings: short enough to be typed again.
uint64_t seed_from_content(const std::string& id, const config::Request& request) {
  checkpoint::Fingerprint fingerprint;
  fingerprint.add(id);
  fingerprint.add(request.prompt.value_or(""));
  return std::stoull(fingerprint.hex().substr(24), nullptr, 16);
}

void choose_seed(const std::string& id, config::Settings& settings) {
  if (settings.request.seed) return;
  settings.request.seed = seed_from_content(id, settings.request);
  settings.sources["seed"] = "the job's id and prompt";
}

void check_prompt(const Entry& entry,
                  const config::Settings& settings,
                  config::Violations& violations) {
  if (settings.request.prompt) return;
  violations.add(ErrorKind::kConfig, "a prompt is missing" + place(entry.layer, ""),
                 "\"prompt\": \"what to show\"");
}

}  // namespace

config::Settings run_settings(const config::Settings& base,
                              const Header& header,
                              const std::vector<config::GivenFlag>& flags,
                              config::Violations& violations) {
  auto settings = base;
  config::Violations told;  // when the file was read
  apply(header.run, settings, told);
  config::apply_flags(flags, settings, violations);
  return settings;
}

Resolver::Resolver(Behind behind, Header header)
    : behind_(std::move(behind)), header_(std::move(header)) {}

plan::Job Resolver::resolve(const Entry& entry, config::Violations& violations) const {
  for (const auto& fault : entry.faults) violations.add(fault.kind, fault.what, fault.hint);
  if (!entry.faults.empty()) return {};
  // Faults of the header were told when the file was read.
  config::Violations told, found;
  auto settings = behind_.base;
  apply(header_.run, settings, told);
  apply(header_.defaults, settings, told);
  apply(entry.layer, settings, found);
  config::apply_flags(behind_.flags, settings, found);
  config::expand_prompts(settings, found);
  check_prompt(entry, settings, found);
  settings.request.model = behind_.model.index.folder;
  plan::Job job;
  if (found.empty()) {
    name_outputs(entry.id, settings);
    choose_seed(entry.id, settings);
    auto around = behind_.around;
    around.scope = plan::Scope::kBatch;
    around.picture = picture_size(settings.request, found);
    job = plan::plan_job(std::move(settings), behind_.model, around, found);
  }
  for (const auto& one : found.all()) {
    // What names its place in the file needs no other.
    const bool placed = one.what.find(entry.layer.text->source.name) != std::string::npos;
    violations.add(one.kind, (placed ? "" : entry.id + ": ") + one.what, one.hint);
  }
  return job;
}

}  // namespace kinema::batch
