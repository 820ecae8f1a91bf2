// All tensors of one component of a checkpoint (transformer, vae, text_encoder, …), wherever its
// files put them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/safetensors.h"

namespace kinema::checkpoint {

// A tensor and the map its bytes lie in.
struct StoredTensor {
  TensorEntry entry;
  std::shared_ptr<const MappedFile> map;

  std::span<const std::byte> bytes() const {
    return map->bytes().subspan(entry.offset, entry.bytes);
  }
};

// What a set of tensors holds.
struct StoredSize {
  uint64_t tensors = 0, elements = 0, bytes = 0;
};

class Component {
 public:
  // A folder with one safetensors file or shards and an index, or a safetensors file itself. Only
  // headers are read. Throws Error(kModel): nothing found, a bad file, a missing shard, a tensor in
  // two shards or not in its shard.
  static Component open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const std::map<std::string, StoredTensor, std::less<>>& tensors() const& { return tensors_; }
  // Not of a temporary: a loop over it would read freed memory.
  void tensors() const&& = delete;
  // Null if there is no such tensor.
  const StoredTensor* find(std::string_view name) const;
  // Of all tensors whose names begin with `prefix`, as they are stored.
  StoredSize size(std::string_view prefix = {}) const;

  // 32 hexadecimal digits that change with any tensor's name, type or shape and, through a sample
  // of each tensor, with the weights; equal however the tensors are spread over files. To tell
  // checkpoints apart, not against forgery.
  std::string identity() const;

 private:
  explicit Component(std::filesystem::path path) : path_(std::move(path)) {}
  void add(const SafetensorsFile& file);
  void check_index(const std::filesystem::path& index,
                   const std::map<std::string, std::string>& weight_map) const;

  std::filesystem::path path_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

}  // namespace kinema::checkpoint
