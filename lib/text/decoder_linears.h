// The linear layers that a block of a decoder-only language model has.
#pragma once

#include "nn/layers.h"
#include "nn/linear_stack.h"

namespace kinema::text {

struct DecoderWidths {
  int64_t hidden, intermediate;
  int64_t heads, key_value_heads, head_dim;
};

// Of a configuration with transformers' names.
template <typename Config>
DecoderWidths decoder_widths(const Config& config) {
  return {config.hidden_size, config.intermediate_size, config.num_attention_heads,
          config.num_key_value_heads, config.head_dim};
}

// Of attention, to and from the heads, and of the gated MLP; by transformers' names in the block.
// Only queries, keys and values may have biases.
struct DecoderLinears {
  DecoderLinears(const nn::ParamScope& block, const DecoderWidths& widths, nn::Bias qkv_bias);

  nn::LinearStack qkv;
  nn::Linear o;
  nn::Linear gate, up, down;
};

}  // namespace kinema::text
