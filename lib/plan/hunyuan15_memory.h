// Memory of a HunyuanVideo 1.5 job, stage by stage.
#pragma once

#include "plan/geometry.h"
#include "plan/memory.h"
#include "plan/memory_weights.h"
#include "plan/model_facts.h"

namespace kinema::plan {

// What the estimate depends on beside the model.
struct MemoryInput {
  VideoShape video;
  int64_t prompt_bytes = 0;  // of the longer prompt, for the number of text tokens
  int64_t steps = 1, branches = 1;
  WeightUse use = {};
  bool tiled = false;
  int64_t tile_size = 256;   // output pixels
  bool keeps_video = false;  // --save-tensors holds all frames in float32
};

// Opens the components' files and reads their headers; throws Error(kModel).
MemoryPlan hunyuan15_memory(const ModelFacts& facts, const MemoryInput& input);

}  // namespace kinema::plan
