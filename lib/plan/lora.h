// Which stored parameters a job's LoRA files change.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/json_fwd.h"
#include "config/request.h"

namespace kinema::plan {

struct ModelFacts;

// What was found of one file in the model.
struct LoraUse {
  std::filesystem::path path;
  double scale = 1;
  int64_t layers = 0;                // that it changes
  std::map<int64_t, int64_t> ranks;  // of so many of its layers each
};

// "style.safetensors 0.8 times: 480 layers, rank 16".
std::string lora_text(const LoraUse& use);
OrderedJson lora_json(const LoraUse& use);

// Reads the headers of the request's LoRA files and fills in `facts.loras` and the components'
// adapters. Names are those of the checkpoint's layers, alone or behind "transformer." or
// "diffusion_model." (of other components: behind theirs, "connectors."), those of the model's
// original repository, and both as kohya's scripts write them. Throws Error(kModel): no such file,
// no adapters in it, a factor without the other, shapes that do not fit, or names that match no
// layer, unless these are to be ignored and others match.
void read_loras(const config::Request& request, ModelFacts& facts);

}  // namespace kinema::plan
