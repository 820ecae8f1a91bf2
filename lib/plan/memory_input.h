// What an estimate of memory depends on beside the model.
#pragma once

#include <cstdint>

#include "config/units.h"
#include "plan/geometry.h"
#include "plan/memory_weights.h"

namespace kinema::plan {

struct MemoryInput {
  VideoShape video;
  config::Rational fps = {24, 1};
  int64_t prompt_bytes = 0;  // of the longer prompt, for the number of text tokens
  bool quotes = false;       // a prompt holds quotation marks
  int64_t text_tokens = 0;   // where prompts are filled up to so many
  int64_t steps = 1, branches = 1;
  int64_t video_tokens = 0;       // with those of pictures that are appended
  bool encodes_pictures = false;  // --image or --conditions
  WeightUse use = {};
  config::LoadAhead load_ahead = config::LoadAhead::kNone;
  config::Kernels kernels = config::Kernels::kReference;
  bool tiled = false;
  int64_t tile_size = 256;   // output pixels
  bool sound = false;        // wanted, where the model makes one
  bool keeps_video = false;  // --save-tensors holds all frames in float32
};

// Before any block is fetched.
inline MemoryInput without_slots(MemoryInput input) {
  input.use.slots = 0;
  return input;
}

}  // namespace kinema::plan
