// Stored jobs are resolved: some of their values stand in for others.
#include "batch/stored_job.h"

#include <utility>

#include "config/options.h"
#include "config/request_json.h"

namespace kinema::batch {
namespace {

namespace fs = std::filesystem;

// Settings that mean nothing, and are refused, without another one.
constexpr std::pair<const char*, const char*> kMeaningless[] = {
    {"image_fit", "image"},
    {"image_crf", "image"},
    {"noise_scale", "latents"},
    {"adain_factor", "latent_upsampler"},
    {"tone_map_compression_ratio", "latent_upsampler"}};

void forget_resolved(Json& job, Again again) {
  for (const char* key : {"resolution", "aspect_ratio", "duration", "round_frames", "parallel"})
    job.erase(key);
  if (job.value("vae_tiling", "") == "off") {
    for (const auto& key : config::option_keys())
      if (key.starts_with("vae_tile_")) job.erase(key);
  }
  for (const auto& [key, needed] : kMeaningless)
    if (!job.contains(needed)) job.erase(key);
  if (again == Again::kGenerate) return;
  for (const char* key : {"image", "image_fit", "image_crf"}) job.erase(key);
}

// A stored prompt is the text itself, never a file's name.
void protect_prompts(Json& job) {
  for (const char* key : {"prompt", "negative_prompt"}) {
    if (!job.contains(key) || !job[key].is_string()) continue;
    const auto text = job[key].get<std::string>();
    if (text.starts_with("@")) job[key] = "@" + text;
  }
}

void find_picture(Json& job, const fs::path& file) {
  if (!job.contains("image")) return;
  const auto beside = file.parent_path() / job["image"].get<std::string>();
  if (fs::exists(beside)) job["image"] = beside.string();
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
  find_picture(job, file);
  config::Settings settings;
  // A stored job has every setting; the program's defaults among them were not given.
  for (const auto& key :
       config::apply_json(job, {file.string(), "", "/job", ""}, settings.request, violations))
    if (config::option(key).given(settings.request))
      settings.sources[key] = file.filename().string();
  return settings;
}

}  // namespace kinema::batch
