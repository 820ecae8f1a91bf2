// From what the encoders say to the condition stream's tokens: image, glyphs, text, each marked
// with its type.
#pragma once

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "models/hunyuan15/text_refiner.h"
#include "nn/layers.h"

namespace kinema::hunyuan15 {

// One guidance branch's condition, valid tokens only, each [1, S, the encoder's width]; undefined
// or empty when absent.
struct Condition {
  at::Tensor text, glyph, image;
};

// LayerNorm, then three linear layers with GELU between.
class GlyphProjection {
 public:
  GlyphProjection(const nn::ParamScope& scope, int64_t in, int64_t out);
  at::Tensor operator()(const at::Tensor& glyph) const;

 private:
  nn::LayerNorm norm_;
  nn::Linear linear_1_, linear_2_, linear_3_;
};

// Two linear layers with GELU between, a LayerNorm before and behind.
class ImageProjection {
 public:
  ImageProjection(const nn::ParamScope& scope, int64_t in, int64_t out);
  at::Tensor operator()(const at::Tensor& image) const;

 private:
  nn::LayerNorm norm_in_, norm_out_;
  nn::Linear linear_1_, linear_2_;
};

class ConditionEmbedder {
 public:
  ConditionEmbedder(const nn::ParamScope& model, const config::Hunyuan15TransformerConfig& config);

  // What of a condition no step changes.
  struct Prepared {
    at::Tensor image_and_glyph;  // [1, S', C], ready; undefined when there are none
    TextRefiner::Prepared text;
  };
  Prepared prepare(const Condition& condition) const;

  // The condition stream at one step's refiner time [1, C]: image, glyphs, text -> [1, S, C].
  at::Tensor operator()(const Prepared& condition, const at::Tensor& refiner_time) const;

 private:
  TextRefiner text_;
  GlyphProjection glyph_;
  ImageProjection image_;
  at::Tensor types_;  // [3, C]
};

}  // namespace kinema::hunyuan15
