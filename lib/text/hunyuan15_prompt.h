// A prompt of HunyuanVideo 1.5 as its transformer takes it.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/seams.h"
#include "text/hunyuan15_tokens.h"
#include "text/qwen_text_model.h"
#include "text/t5_encoder.h"

namespace kinema::text {

// Valid tokens only, in the encoders' type.
struct PromptEmbeds {
  at::Tensor text;   // [1, S, text_embed_dim]
  at::Tensor glyph;  // [1, S2, text_embed_2_dim], undefined if the prompt quotes nothing
};

// The two halves, for callers that keep only one encoder at a time.
at::Tensor encode_text(const Hunyuan15Tokens& tokens,
                       const QwenTextModel& encoder,
                       nn::BlockWeights& blocks);
// Undefined if there are no glyph tokens.
at::Tensor encode_glyphs(const Hunyuan15Tokens& tokens,
                         const T5Encoder& encoder,
                         nn::BlockWeights& blocks);

}  // namespace kinema::text
