// Patches of the top left; rows and columns that fill no patch are not seen, as in the reference.
#include "text/siglip_vision.h"

#include <cmath>

#include <ATen/ops/conv2d.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/tensor.h>

#include "nn/attention.h"

namespace kinema::text {
namespace {

int64_t num_patches(const config::SiglipVisionConfig& config) {
  const auto side = config.image_size / config.patch_size;
  return side * side;
}

}  // namespace

at::Tensor siglip_pixel_values(const at::Tensor& pixels,
                               const config::SiglipProcessorConfig& config) {
  TORCH_CHECK(pixels.scalar_type() == at::kByte && pixels.dim() == 3 && pixels.size(2) == 3 &&
              pixels.size(0) == config.height && pixels.size(1) == config.width);
  auto triple = [](const std::array<double, 3>& values) {
    return at::tensor(at::ArrayRef<double>(values.data(), values.size()), at::kDouble);
  };
  // Two roundings, as the reference's: the picture is scaled, then normalised.
  auto scaled = (pixels.to(at::kDouble) * config.rescale_factor).to(at::kFloat);
  auto normalised =
      (scaled - triple(config.image_mean).to(at::kFloat)) / triple(config.image_std).to(at::kFloat);
  return normalised.permute({2, 0, 1}).unsqueeze(0).contiguous();
}

SiglipLayer::SiglipLayer(const nn::ParamScope& scope, const config::SiglipVisionConfig& config)
    : head_dim_(config.hidden_size / config.num_attention_heads),
      norm_1_(scope / "layer_norm1", config.hidden_size, config.layer_norm_eps),
      norm_2_(scope / "layer_norm2", config.hidden_size, config.layer_norm_eps),
      q_(scope / "self_attn.q_proj", config.hidden_size, config.hidden_size),
      k_(scope / "self_attn.k_proj", config.hidden_size, config.hidden_size),
      v_(scope / "self_attn.v_proj", config.hidden_size, config.hidden_size),
      out_(scope / "self_attn.out_proj", config.hidden_size, config.hidden_size),
      fc_1_(scope / "mlp.fc1", config.hidden_size, config.intermediate_size),
      fc_2_(scope / "mlp.fc2", config.intermediate_size, config.hidden_size) {}

at::Tensor SiglipLayer::attended(const at::Tensor& x) const {
  auto heads = [&](const nn::Linear& project) { return project(x).unflatten(-1, {-1, head_dim_}); };
  const auto scale = 1.0 / std::sqrt(static_cast<double>(head_dim_));
  return out_(nn::attention(heads(q_), heads(k_), heads(v_), scale).flatten(2));
}

void SiglipLayer::operator()(at::Tensor& x) const {
  x.add_(attended(norm_1_(x)));
  x.add_(fc_2_(at::gelu(fc_1_(norm_2_(x)), "tanh")));
}

SiglipVision::SiglipVision(const nn::ParamScope& scope, const config::SiglipVisionConfig& config)
    : patch_size_(config.patch_size),
      post_norm_(scope / "post_layernorm", config.hidden_size, config.layer_norm_eps) {
  const auto embeddings = scope / "embeddings";
  const auto patch = embeddings / "patch_embedding";
  patch_weight_ =
      patch.take("weight", {config.hidden_size, config.num_channels, patch_size_, patch_size_});
  patch_bias_ = patch.take("bias", {config.hidden_size});
  positions_ =
      (embeddings / "position_embedding").take("weight", {num_patches(config), config.hidden_size});
  for (int64_t i = 0; i < config.num_hidden_layers; ++i)
    layers_.emplace_back(scope / "encoder.layers" / i, config);
}

weights::NameMap SiglipVision::names() {
  return {{"vision_model."}, {"head.*", "text_model.*", "logit_scale", "logit_bias"}};
}

at::Tensor SiglipVision::operator()(const at::Tensor& pixel_values,
                                    nn::BlockWeights& blocks) const {
  auto patches = at::conv2d(pixel_values.to(patch_weight_.options()), patch_weight_, patch_bias_,
                            /*stride=*/{patch_size_, patch_size_});
  auto x = patches.flatten(2).transpose(1, 2) + positions_;
  for (size_t i = 0; i < layers_.size(); ++i) {
    blocks.enter(static_cast<int64_t>(i));
    layers_[i](x);
    blocks.leave(static_cast<int64_t>(i));
  }
  return post_norm_(x);
}

}  // namespace kinema::text
