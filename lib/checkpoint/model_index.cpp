// Checks against what the pipeline needs, and one look around when the file is not where it should
// be.
#include "checkpoint/model_index.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/nearest.h"
#include "checkpoint/pipelines.h"

namespace kinema::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "model_index.json";

std::string joined(const std::vector<std::string>& words, const std::string& last) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == words.size() ? last : ", ") + words[i];
  }
  return text;
}

// Where the checkpoint may be instead.
std::string place_hint(const fs::path& folder) {
  const auto parent = fs::absolute(folder).lexically_normal().parent_path();
  if (fs::exists(parent / kFile)) return "the checkpoint is the folder above, " + parent.string();
  std::vector<std::string> inside;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (fs::exists(entry.path() / kFile)) inside.push_back(entry.path().string());
  }
  std::sort(inside.begin(), inside.end());
  if (!inside.empty()) return "there are checkpoints inside: " + joined(inside, " and ");
  return "a checkpoint in diffusers' layout is wanted: model_index.json beside transformer/, vae/, "
         "text_encoder/ …";
}

void check_place(const fs::path& folder) {
  if (!fs::exists(folder)) {
    const bool like_hub_name =
        folder.is_relative() && std::distance(folder.begin(), folder.end()) == 2;
    throw Error(ErrorKind::kModel, folder.string() + ": no such folder",
                like_hub_name
                    ? "a name on a model hub has to be downloaded first, then give the folder"
                    : "");
  }
  if (!fs::is_directory(folder)) {
    throw Error(ErrorKind::kModel,
                folder.string() + ": is a file; the checkpoint's folder is wanted");
  }
  if (!fs::exists(folder / kFile)) {
    throw Error(ErrorKind::kModel, folder.string() + ": has no " + kFile, place_hint(folder));
  }
}

const Pipeline& pipeline_of(const std::vector<Pipeline>& known,
                            const std::string& name,
                            const std::string& file) {
  std::vector<std::string> names;
  for (const auto& pipeline : known) {
    if (pipeline.name == name) return pipeline;
    names.push_back(pipeline.name);
  }
  throw Error(ErrorKind::kModel,
              file + ": is for \"" + name + "\", which is not supported; " + joined(names, " or ") +
                  " is wanted",
              did_you_mean(name, names));
}

std::map<std::string, ComponentClass> components_of(const Json& object) {
  std::map<std::string, ComponentClass> components;
  for (const auto& [key, value] : object.items()) {
    // [null, null] is a component left out; what is no pair is a setting.
    if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string()) {
      components[key] = {value[0].get<std::string>(), value[1].get<std::string>()};
    }
  }
  return components;
}

// What is wrong with one needed component; empty if nothing.
std::string fault(const ModelIndex& index, const Needed& needed) {
  const auto file = (index.folder / kFile).string();
  const auto at = index.components.find(needed.component);
  if (at == index.components.end()) {
    return file + ": names no \"" + needed.component + "\", which " + index.pipeline + " needs";
  }
  if (std::find(needed.classes.begin(), needed.classes.end(), at->second.name) ==
      needed.classes.end()) {
    return file + ": \"" + needed.component + "\" is of the class \"" + at->second.name + "\"; " +
           joined(needed.classes, " or ") + " is wanted";
  }
  if (!fs::is_directory(index.component(needed.component))) {
    return index.component(needed.component).string() + ": no such folder, though " + kFile +
           " names it";
  }
  return {};
}

}  // namespace

std::string family_name(Family family) {
  switch (family) {
    case Family::kHunyuan15:
      return "HunyuanVideo 1.5";
    case Family::kLtx2:
      return "LTX-2";
  }
  return {};
}

std::string task_name(Task task) {
  return task == Task::kTextToVideo ? "text to video" : "image to video";
}

ModelIndex read_model_index(const fs::path& folder) {
  check_place(folder);
  const auto file = folder / kFile;
  const auto object = read_json(file, ErrorKind::kModel);
  if (!object.is_object() || !object.value("_class_name", Json()).is_string()) {
    throw Error(ErrorKind::kModel, file.string() + ": has no \"_class_name\" string");
  }
  const auto known = pipelines();
  const auto& pipeline =
      pipeline_of(known, object["_class_name"].get<std::string>(), file.string());
  ModelIndex index{folder,        pipeline.name,       pipeline.family,
                   pipeline.task, pipeline.both_tasks, components_of(object)};
  std::string faults;
  for (const auto& needed : pipeline.needed) {
    const auto one = fault(index, needed);
    if (!one.empty()) faults += (faults.empty() ? "" : "\n") + one;
  }
  if (!faults.empty()) throw Error(ErrorKind::kModel, faults);
  return index;
}

}  // namespace kinema::checkpoint
