// LTX-2's prompts as the transformer reads them: encoded once each by one rank and shared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/ltx2/connectors.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

// A text, and the number of tokens that it is cut or filled up to.
struct Ltx2Prompt {
  std::string text;
  int64_t length = 0;
};

// What the connectors make of each prompt, on every rank of the replica. The text encoder and then
// the connectors are loaded for this call only, and only where a prompt is encoded.
std::vector<ltx2::TextEmbeds> encode_prompts(Runtime& runtime,
                                             const std::vector<Ltx2Prompt>& prompts);

}  // namespace kinema::pipeline
