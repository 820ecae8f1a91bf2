// Joining shards, and a fingerprint of what they hold.
#include "checkpoint/component.h"

#include <algorithm>

#include "base/error.h"
#include "checkpoint/fingerprint.h"
#include "checkpoint/weight_files.h"

namespace kinema::checkpoint {
namespace {

namespace fs = std::filesystem;

// From the middle, since the beginnings of trained and untrained tensors are alike more often.
std::span<const std::byte> sample(std::span<const std::byte> bytes) {
  constexpr size_t kBytes = 256;
  const size_t length = std::min(kBytes, bytes.size());
  return bytes.subspan((bytes.size() - length) / 2, length);
}

[[noreturn]] void not_in_shard(const fs::path& index,
                               const std::string& tensor,
                               const std::string& file) {
  throw Error(ErrorKind::kModel, index.string() + ": says that tensor \"" + tensor + "\" is in " +
                                     file + ", which does not hold it");
}

}  // namespace

Component Component::open(const fs::path& path) {
  Component component(path);
  if (fs::is_regular_file(path)) {
    component.add(SafetensorsFile(path));
    return component;
  }
  const auto found = find_weight_files(path);
  for (const auto& file : found.files) component.add(SafetensorsFile(file));
  component.check_index(found.index, found.weight_map);
  return component;
}

void Component::add(const SafetensorsFile& file) {
  for (const auto& entry : file.entries()) {
    auto [at, added] = tensors_.emplace(entry.name, StoredTensor{entry, file.map()});
    if (!added) {
      throw Error(ErrorKind::kModel, path_.string() + ": tensor \"" + entry.name +
                                         "\" stands in both " +
                                         at->second.map->path().filename().string() + " and " +
                                         file.map()->path().filename().string());
    }
  }
}

void Component::check_index(const fs::path& index,
                            const std::map<std::string, std::string>& weight_map) const {
  for (const auto& [name, file] : weight_map) {
    const auto* tensor = find(name);
    if (tensor == nullptr || tensor->map->path().filename() != file)
      not_in_shard(index, name, file);
  }
}

const StoredTensor* Component::find(std::string_view name) const {
  auto at = tensors_.find(name);
  return at == tensors_.end() ? nullptr : &at->second;
}

StoredSize Component::size(std::string_view prefix) const {
  StoredSize size;
  for (auto at = tensors_.lower_bound(prefix);
       at != tensors_.end() && at->first.starts_with(prefix); ++at) {
    ++size.tensors;
    size.elements += at->second.entry.elements();
    size.bytes += at->second.entry.bytes;
  }
  return size;
}

std::string Component::identity() const {
  Fingerprint fingerprint;
  for (const auto& [name, tensor] : tensors_) {
    fingerprint.add(name);
    fingerprint.add(dtype_name(tensor.entry.dtype));
    fingerprint.add(shape_text(tensor.entry.shape));
    const auto bytes = sample(tensor.bytes());
    fingerprint.add({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  return fingerprint.hex();
}

}  // namespace kinema::checkpoint
