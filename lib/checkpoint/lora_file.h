// A file of low-rank adapters (LoRA), by its names: which layers it changes, and how much.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/component.h"

namespace kinema::checkpoint {

// What a file has of one layer; a layer that is complete has both factors. Their product, up
// [rows, rank] times down [rank, columns], is what the layer's weight changes by.
struct LoraLayer {
  std::optional<StoredTensor> down, up;
  std::optional<double> alpha;  // the product counts alpha / rank times
};

// The spellings of diffusers and PEFT (lora_A, lora_B), of kohya's scripts (lora_down, lora_up) and
// of diffusers' older files (lora.down, lora.up); `alpha` beside the factors or, for PEFT, in the
// file's metadata.
struct LoraFile {
  std::filesystem::path path;
  std::map<std::string, LoraLayer> layers;  // by their names as they stand in the file
  std::vector<std::string> others;          // tensors that are no part of an adapter
  size_t keys = 0;                          // tensors altogether

  // Only headers are read, and alphas. A file without factors has no layers. Throws Error(kModel):
  // no safetensors file, an alpha that is no number.
  static LoraFile open(const std::filesystem::path& path);
};

}  // namespace kinema::checkpoint
