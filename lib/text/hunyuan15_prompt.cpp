// Running only the valid tokens is exact: the padding of the reference stands to the right of a
// causal model, or is masked.
#include "text/hunyuan15_prompt.h"

#include <ATen/ops/tensor.h>

namespace kinema::text {

at::Tensor encode_text(const Hunyuan15Tokens& tokens,
                       const QwenTextModel& encoder,
                       nn::BlockWeights& blocks) {
  const auto hidden = encoder(at::tensor(tokens.text, at::kLong), blocks);
  return hidden.slice(1, kHunyuan15Crop);
}

at::Tensor encode_glyphs(const Hunyuan15Tokens& tokens,
                         const T5Encoder& encoder,
                         nn::BlockWeights& blocks) {
  if (tokens.glyph.empty()) return {};
  return encoder(at::tensor(tokens.glyph, at::kLong), blocks);
}

}  // namespace kinema::text
