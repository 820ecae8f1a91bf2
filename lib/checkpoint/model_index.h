// A checkpoint's model_index.json: which pipeline it is for and what it is made of.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace kinema::checkpoint {

// A line of models that share their components' architectures.
enum class Family { kHunyuan15, kLtx2 };

// What a pipeline starts from.
enum class Task { kTextToVideo, kImageToVideo };

// The Python class a component was saved from.
struct ComponentClass {
  std::string library, name;
};

struct ModelIndex {
  std::filesystem::path folder;
  std::string pipeline;  // "HunyuanVideo15Pipeline"
  Family family = Family::kHunyuan15;
  Task task = Task::kTextToVideo;
  bool both_tasks = false;  // the same components do either; `task` is what the class is named for
  std::map<std::string, ComponentClass> components;

  std::filesystem::path component(const std::string& name) const { return folder / name; }
};

// "HunyuanVideo 1.5"; "text to video".
std::string family_name(Family family);
std::string task_name(Task task);

// Reads and checks `folder`/model_index.json. Throws Error(kModel) with a hint: no such folder, not
// a checkpoint, a pipeline that is not supported; or, all at once, components that are missing or
// of another class than the pipeline's.
ModelIndex read_model_index(const std::filesystem::path& folder);

}  // namespace kinema::checkpoint
