// What the names of a safetensors file say about low-rank adapters.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "checkpoint/lora_file.h"

namespace kinema::plan {

struct LoraFacts {
  int64_t layers = 0;                // that have a pair of factors
  std::map<int64_t, int64_t> ranks;  // of so many layers each
  int64_t with_alpha = 0;            // layers that scale their product
  int64_t unpaired = 0;              // factors without the other one
  std::string prefix;                // that all names share: "transformer.", "diffusion_model."
};

// Nothing if the file has no such factors.
std::optional<LoraFacts> lora_facts(const checkpoint::LoraFile& file);

}  // namespace kinema::plan
