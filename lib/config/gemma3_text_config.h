// text_config of text_encoder/config.json where the encoder is Gemma 3, with the reference class's
// defaults. No LibTorch here: planning reads it too.
#pragma once

#include <cstdint>
#include <vector>

#include "config/config_reader.h"

namespace kinema::config {

// Positions p turn channel pair i by p / factor * theta^(-2i / head_dim).
struct Gemma3Rope {
  double theta = 1e4, factor = 1.0;
};

// Rope keys of transformers 4 and 5; `text_config` nesting accepted.
struct Gemma3TextConfig {
  int64_t vocab_size = 262208, hidden_size = 2304, intermediate_size = 9216;
  int64_t num_hidden_layers = 26, num_attention_heads = 8, num_key_value_heads = 4;
  int64_t head_dim = 256;
  double rms_norm_eps = 1e-6;
  double query_pre_attn_scalar = 256;
  int64_t sliding_window = 4096;  // a query of a sliding layer sees so many keys, itself included
  std::vector<bool> is_sliding;   // by layer
  Gemma3Rope full_rope{1e6}, sliding_rope{1e4};

  const Gemma3Rope& rope(int64_t layer) const {
    return is_sliding[static_cast<size_t>(layer)] ? sliding_rope : full_rope;
  }
};

// Throws Error(kModel); unknown keys as in the other files.
Gemma3TextConfig read_gemma3_text(ConfigReader reader);

}  // namespace kinema::config
