// What language models have in common as text encoders, whatever their arithmetic.
#pragma once

#include <string>
#include <vector>

#include "parallel/cut_rules.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

// The scopes of `layers` repeated layers.
inline std::vector<std::string> layer_scopes(int64_t layers, const std::string& of = "layers") {
  std::vector<std::string> scopes;
  for (int64_t i = 0; i < layers; ++i) scopes.push_back(of + "." + std::to_string(i));
  return scopes;
}

// Heads that the tensor-parallel ranks do not divide leave the encoder whole on each of them.
template <class TextConfig>
const std::vector<parallel::CutRule>& text_rules(const Runtime& runtime, const TextConfig& config) {
  const int64_t ranks = runtime.team.tensor().size();
  const bool divides = config.num_key_value_heads % ranks == 0 &&
                       config.num_attention_heads % ranks == 0 &&
                       config.intermediate_size % ranks == 0;
  return divides ? parallel::decoder_text_rules() : parallel::uncut();
}

}  // namespace kinema::pipeline
