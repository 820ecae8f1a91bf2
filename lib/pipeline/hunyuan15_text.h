// HunyuanVideo 1.5's prompts as embeddings: encoded once each by one rank and shared.
#pragma once

#include <string>
#include <vector>

#include "models/hunyuan15/condition_embedder.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

// The text and glyph parts of each prompt's condition, on every rank of the replica. The encoders
// are loaded for this call only, and only where a prompt is encoded.
std::vector<hunyuan15::Condition> encode_prompts(Runtime& runtime,
                                                 const std::vector<std::string>& prompts);

}  // namespace kinema::pipeline
