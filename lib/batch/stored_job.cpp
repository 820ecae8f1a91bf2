// Stored jobs are resolved: some of their values stand in for others.
#include "batch/stored_job.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "config/options.h"
#include "config/request_json.h"

namespace kinema::batch {
namespace {

namespace fs = std::filesystem;

// Settings that mean nothing, and are refused, without one of others.
struct Dependent {
  const char* key;
  std::vector<const char*> needed;
};
const std::vector<Dependent>& dependents() {
  static const std::vector<Dependent> all = {{"image_fit", {"image"}},
                                             {"image_crf", {"image", "conditions"}},
                                             {"noise_scale", {"latents", "conditions"}},
                                             {"adain_factor", {"latent_upsampler"}},
                                             {"tone_map_compression_ratio", {"latent_upsampler"}}};
  return all;
}

void forget_resolved(Json& job, Again again) {
  for (const char* key : {"resolution", "aspect_ratio", "duration", "round_frames", "parallel"})
    job.erase(key);
  if (job.value("vae_tiling", "") == "off") {
    for (const auto& key : config::option_keys())
      if (key.starts_with("vae_tile_")) job.erase(key);
  }
  if (again != Again::kGenerate) {
    for (const char* key : {"image", "conditions"}) job.erase(key);
  }
  for (const auto& [key, needed] : dependents()) {
    if (std::none_of(needed.begin(), needed.end(), [&](auto* one) { return job.contains(one); }))
      job.erase(key);
  }
}

// A stored prompt is the text itself, never a file's name.
void protect_prompts(Json& job) {
  for (const char* key : {"prompt", "negative_prompt"}) {
    if (!job.contains(key) || !job[key].is_string()) continue;
    const auto text = job[key].get<std::string>();
    if (text.starts_with("@")) job[key] = "@" + text;
  }
}

// A file's name in `object` becomes the path of the one beside the video, if it is there.
void find_beside(Json& object, const char* key, const fs::path& file) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return;
  const auto beside = file.parent_path() / object[key].get<std::string>();
  if (fs::exists(beside)) object[key] = beside.string();
}

void find_all_beside(Json& job, const char* list, const char* key, const fs::path& file) {
  if (!job.contains(list)) return;
  for (auto& one : job[list]) find_beside(one, key, file);
}

// Pictures and LoRA files.
void find_files(Json& job, const fs::path& file) {
  find_beside(job, "image", file);
  find_all_beside(job, "conditions", "image", file);
  find_all_beside(job, "lora", "path", file);
}

}  // namespace

config::Settings stored_settings(const std::string& stored,
                                 const fs::path& file,
                                 Again again,
                                 config::Violations& violations) {
  const auto json = Json::parse(stored, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("job") || !json["job"].is_object()) {
    throw Error(ErrorKind::kConfig, file.string() + " holds no job of this program",
                "a file that kinema has written without --no-metadata");
  }
  if (json.value("schema", 0) != 1) {
    throw Error(ErrorKind::kConfig, file.string() + ": its job has \"schema\" " +
                                        json.value("schema", Json()).dump() +
                                        ", this version knows 1");
  }
  auto job = json["job"];
  forget_resolved(job, again);
  protect_prompts(job);
  find_files(job, file);
  config::Settings settings;
  // A stored job has every setting; the program's defaults among them were not given.
  for (const auto& key :
       config::apply_json(job, {file.string(), "", "/job", ""}, settings.request, violations))
    if (config::option(key).given(settings.request))
      settings.sources[key] = file.filename().string();
  return settings;
}

}  // namespace kinema::batch
