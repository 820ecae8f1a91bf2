// Source: the first half of diffusers' HunyuanVideo15Transformer3DModel.forward, for valid tokens.
#include "models/hunyuan15/condition_embedder.h"

#include <vector>

#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>

namespace kinema::hunyuan15 {
namespace {

constexpr double kEps = 1e-5;  // here only; the blocks have 1e-6
// The reference fixes it at 2048, its configuration has no key for it: the weights say it.
constexpr int64_t kGlyphWidth = -1;

enum TokenType : int64_t { kText = 0, kGlyph = 1, kImage = 2 };

bool present(const at::Tensor& tokens) { return tokens.defined() && tokens.size(1) > 0; }

}  // namespace

GlyphProjection::GlyphProjection(const nn::ParamScope& scope, int64_t in, int64_t out)
    : norm_(scope / "norm", in, kEps),
      linear_1_(scope / "linear_1", in, kGlyphWidth),
      linear_2_(scope / "linear_2", kGlyphWidth, kGlyphWidth),
      linear_3_(scope / "linear_3", kGlyphWidth, out) {}

at::Tensor GlyphProjection::operator()(const at::Tensor& glyph) const {
  return linear_3_(at::gelu(linear_2_(at::gelu(linear_1_(norm_(glyph))))));
}

ImageProjection::ImageProjection(const nn::ParamScope& scope, int64_t in, int64_t out)
    : norm_in_(scope / "norm_in", in, kEps),
      norm_out_(scope / "norm_out", out, kEps),
      linear_1_(scope / "linear_1", in, in),
      linear_2_(scope / "linear_2", in, out) {}

at::Tensor ImageProjection::operator()(const at::Tensor& image) const {
  return norm_out_(linear_2_(at::gelu(linear_1_(norm_in_(image)))));
}

ConditionEmbedder::ConditionEmbedder(const nn::ParamScope& model,
                                     const config::Hunyuan15TransformerConfig& config)
    : text_(model / "context_embedder", config),
      glyph_(model / "context_embedder_2", config.text_embed_2_dim, config.width()),
      image_(model / "image_embedder", config.image_embed_dim, config.width()),
      types_((model / "cond_type_embed").take("weight", {3, config.width()})) {}

ConditionEmbedder::Prepared ConditionEmbedder::prepare(const Condition& condition) const {
  auto in_type = [&](const at::Tensor& x) { return x.to(types_.scalar_type()); };
  std::vector<at::Tensor> parts;
  if (present(condition.image)) parts.push_back(image_(in_type(condition.image)) + types_[kImage]);
  if (present(condition.glyph)) parts.push_back(glyph_(in_type(condition.glyph)) + types_[kGlyph]);
  return {parts.empty() ? at::Tensor() : at::cat(parts, 1), text_.prepare(in_type(condition.text))};
}

at::Tensor ConditionEmbedder::operator()(const Prepared& condition,
                                         const at::Tensor& refiner_time) const {
  auto text = text_(condition.text, refiner_time) + types_[kText];
  if (!condition.image_and_glyph.defined()) return text;
  return at::cat({condition.image_and_glyph, text}, 1);
}

}  // namespace kinema::hunyuan15
