// The file is read with the model, so that a wrong one is found by inspect too.
#include "plan/recommended.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/nearest.h"
#include "checkpoint/model_index.h"
#include "config/options.h"
#include "plan/resolution.h"

namespace kinema::plan {
namespace {

constexpr const char* kFile = "kinema.json";
constexpr const char* kTask = "task";  // no setting of a job

const std::vector<std::string>& allowed() {
  static const std::vector<std::string> keys = {"width",
                                                "height",
                                                "num_frames",
                                                "fps",
                                                "num_inference_steps",
                                                "guidance_scale",
                                                "guidance_rescale",
                                                "guidance_start",
                                                "guidance_stop",
                                                "audio_guidance_scale",
                                                "audio_guidance_rescale",
                                                "stg_scale",
                                                "audio_stg_scale",
                                                "modality_scale",
                                                "audio_modality_scale",
                                                "max_sequence_length",
                                                "flow_shift",
                                                "negative_prompt"};
  return keys;
}

// Settings that say the same thing in other words.
const std::vector<std::vector<std::string>>& subjects() {
  static const std::vector<std::vector<std::string>> keys = {
      {"width", "height", "resolution", "aspect_ratio"}, {"num_frames", "duration"}};
  return keys;
}

void check(const std::string& file, const std::string& key, const Json& value) {
  const auto& keys = allowed();
  if (std::find(keys.begin(), keys.end(), key) == keys.end())
    throw Error(ErrorKind::kModel, file + ": \"" + key + "\" is no setting that a model can bring",
                did_you_mean(key, keys));
  config::Request request;
  if (!config::option(key).set_json(request, value))
    throw Error(ErrorKind::kModel, file + ": \"" + key + "\" must be " +
                                       config::option(key).wanted() + ", not " + value.dump());
}

bool is_open(const Resolution& r, const std::string& key) {
  const auto& request = r.job.request();
  if (r.given(key)) return false;
  // A picture has a shape of its own.
  if (r.around.picture && (key == "width" || key == "height")) return false;
  for (const auto& subject : subjects()) {
    if (std::find(subject.begin(), subject.end(), key) == subject.end()) continue;
    return std::all_of(subject.begin(), subject.end(), [&](const std::string& one) {
      return config::option(one).field.json(request).is_null();
    });
  }
  return config::option(key).field.json(request).is_null();
}

}  // namespace

Recommended read_recommended(const std::filesystem::path& folder) {
  const auto file = folder / kFile;
  if (!std::filesystem::exists(file)) return {};
  auto settings = read_json(file, ErrorKind::kModel);
  if (!settings.is_object())
    throw Error(ErrorKind::kModel, file.string() + ": an object of settings is wanted");
  Recommended recommended;
  if (settings.contains(kTask)) {
    const auto text_alone = checkpoint::task_name(checkpoint::Task::kTextToVideo);
    if (settings[kTask] != text_alone)
      throw Error(ErrorKind::kModel, file.string() + ": \"task\" can only be \"" + text_alone +
                                         "\", not " + settings[kTask].dump());
    recommended.text_alone = true;
    settings.erase(kTask);
  }
  for (const auto& [key, value] : settings.items()) check(file.string(), key, value);
  recommended.settings = std::make_shared<const Json>(std::move(settings));
  return recommended;
}

void apply_recommended(Resolution& r) {
  const auto& recommended = r.job.model.recommended.settings;
  if (!recommended) return;
  std::vector<std::string> open;
  for (const auto& [key, value] : recommended->items()) {
    if (is_open(r, key)) open.push_back(key);
  }
  for (const auto& key : open) {
    config::option(key).set_json(r.request(), (*recommended)[key]);
    r.job.settings.sources[key] = kFile;
  }
}

}  // namespace kinema::plan
