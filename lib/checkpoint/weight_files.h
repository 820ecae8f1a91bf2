// Which files of a component's folder hold its weights.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace kinema::checkpoint {

struct WeightFiles {
  std::vector<std::filesystem::path> files;  // one, or every shard the index names
  std::filesystem::path index;               // empty for a single file
  std::map<std::string, std::string>
      weight_map;  // tensor name -> shard's file name; empty for a single file
};

// Looks into `folder` as the reference libraries do: "diffusion_pytorch_model" or "model", with
// ".safetensors.index.json" (shards) or ".safetensors"; failing those, the one safetensors file or
// index there is. Variants (".fp16.") beside the plain files are left alone. Throws Error(kModel)
// saying what was looked for.
WeightFiles find_weight_files(const std::filesystem::path& folder);

}  // namespace kinema::checkpoint
