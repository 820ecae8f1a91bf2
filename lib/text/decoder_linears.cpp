// Queries, keys and values are kept in one matrix.
#include "text/decoder_linears.h"

namespace kinema::text {

DecoderLinears::DecoderLinears(const nn::ParamScope& block,
                               const DecoderWidths& widths,
                               nn::Bias qkv_bias)
    : qkv(block / "self_attn",
          {{"q_proj", widths.heads * widths.head_dim},
           {"k_proj", widths.key_value_heads * widths.head_dim},
           {"v_proj", widths.key_value_heads * widths.head_dim}},
          widths.hidden,
          qkv_bias),
      o(block / "self_attn" / "o_proj",
        widths.heads * widths.head_dim,
        widths.hidden,
        nn::Bias::kNone),
      gate(block / "mlp" / "gate_proj", widths.hidden, widths.intermediate, nn::Bias::kNone),
      up(block / "mlp" / "up_proj", widths.hidden, widths.intermediate, nn::Bias::kNone),
      down(block / "mlp" / "down_proj", widths.intermediate, widths.hidden, nn::Bias::kNone) {}

}  // namespace kinema::text
