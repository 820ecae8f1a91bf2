// Names first, then whatever single candidate there is.
#include "checkpoint/weight_files.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/json.h"

namespace kinema::checkpoint {
namespace {

namespace fs = std::filesystem;

// In the reference's order: diffusers prefers shards, transformers the single file.
constexpr std::string_view kNames[] = {
    "diffusion_pytorch_model.safetensors.index.json",
    "diffusion_pytorch_model.safetensors",
    "model.safetensors",
    "model.safetensors.index.json",
};

bool is_index(const std::string& name) {
  return name.ends_with(".json") && name.find(".safetensors.index.") != std::string::npos;
}

// "model-00001-of-00003.safetensors", with or without a variant.
bool is_shard(const std::string& name) {
  auto of = name.rfind("-of-");
  return of != std::string::npos && name.ends_with(".safetensors") &&
         name.rfind('-', of - 1) != std::string::npos;
}

bool is_pickled(const std::string& name) {
  return name.ends_with(".bin") || name.ends_with(".pt") || name.ends_with(".pth") ||
         name.ends_with(".ckpt");
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> file_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

[[noreturn]] void nothing_found(const fs::path& folder, const std::vector<std::string>& names) {
  std::string looked;
  for (auto name : kNames) looked += (looked.empty() ? "" : ", ") + std::string(name);
  std::string hint;
  if (std::any_of(names.begin(), names.end(), is_shard)) {
    hint = "there are shards, but not the .safetensors.index.json that lists them";
  } else if (std::any_of(names.begin(), names.end(), is_pickled)) {
    hint = "there are pickled weights, but only safetensors files are read";
  }
  throw Error(ErrorKind::kModel, folder.string() + ": has no weights (looked for " + looked + ")",
              hint);
}

// The file to start from: a single file of weights or an index.
std::string chosen(const fs::path& folder) {
  const auto names = file_names(folder);
  for (auto name : kNames) {
    if (std::binary_search(names.begin(), names.end(), name)) return std::string(name);
  }
  std::vector<std::string> candidates;
  std::copy_if(names.begin(), names.end(), std::back_inserter(candidates), [](const auto& name) {
    return is_index(name) || (name.ends_with(".safetensors") && !is_shard(name));
  });
  if (candidates.empty()) nothing_found(folder, names);
  if (candidates.size() > 1) {
    throw Error(ErrorKind::kModel, folder.string() + ": has several files of weights (" +
                                       joined(candidates) + ") and none has the usual name, " +
                                       std::string(kNames[1]) + " or " + std::string(kNames[2]));
  }
  return candidates[0];
}

WeightFiles shards(const fs::path& index) {
  const auto json = read_json(index, ErrorKind::kModel);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    throw Error(ErrorKind::kModel, index.string() + ": has no \"weight_map\" object");
  }
  WeightFiles found;
  found.index = index;
  std::set<std::string> names;
  for (const auto& [tensor, file] : json["weight_map"].items()) {
    // A path in an index could point anywhere on the machine.
    if (!file.is_string() ||
        fs::path(file.get<std::string>()).filename() != file.get<std::string>()) {
      throw Error(ErrorKind::kModel, index.string() + ": names " + file.dump() + " for tensor \"" +
                                         tensor + "\"; a file name in the same folder is wanted");
    }
    found.weight_map[tensor] = file.get<std::string>();
    names.insert(file.get<std::string>());
  }
  if (names.empty()) throw Error(ErrorKind::kModel, index.string() + ": lists no tensors");
  for (const auto& name : names) {
    if (!fs::exists(index.parent_path() / name)) {
      throw Error(ErrorKind::kModel,
                  index.string() + ": names the shard " + name + ", which is not there",
                  "download the missing file");
    }
    found.files.push_back(index.parent_path() / name);
  }
  return found;
}

}  // namespace

WeightFiles find_weight_files(const fs::path& folder) {
  if (!fs::is_directory(folder))
    throw Error(ErrorKind::kModel, folder.string() + ": no such folder");
  const auto name = chosen(folder);
  if (is_index(name)) return shards(folder / name);
  WeightFiles found;
  found.files = {folder / name};
  return found;
}

}  // namespace kinema::checkpoint
