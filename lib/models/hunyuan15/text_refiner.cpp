// Source: diffusers' HunyuanVideo15TokenRefiner.
#include "models/hunyuan15/text_refiner.h"

#include <cmath>

#include <ATen/ops/silu.h>

#include "nn/attention.h"

namespace kinema::hunyuan15 {
namespace {

constexpr double kEps = 1e-6;
constexpr int64_t kMlpRatio = 4;  // whatever the configuration's mlp_ratio is

}  // namespace

RefinerBlock::RefinerBlock(const nn::ParamScope& block,
                           const config::Hunyuan15TransformerConfig& config)
    : head_dim_(config.attention_head_dim),
      norm1_(block / "norm1", config.width(), kEps),
      norm2_(block / "norm2", config.width(), kEps),
      qkv_(block / "attn",
           {{"to_q", config.width()}, {"to_k", config.width()}, {"to_v", config.width()}},
           config.width(),
           nn::Bias::kPresent),
      out_(block / "attn.to_out.0", config.width(), config.width()),
      mlp_(block / "ff", config.width(), kMlpRatio * config.width(), nn::Activation::kSilu),
      gates_(block / "norm_out.linear", config.width(), 2 * config.width()) {}

at::Tensor RefinerBlock::attended(const at::Tensor& x) const {
  auto h = norm1_(x);
  auto heads = [&](const at::Tensor& y) { return y.unflatten(-1, {-1, head_dim_}); };
  const double scale = 1.0 / std::sqrt(static_cast<double>(head_dim_));
  const auto qkv = qkv_(h);
  return out_(nn::attention(heads(qkv[0]), heads(qkv[1]), heads(qkv[2]), scale).flatten(2));
}

at::Tensor RefinerBlock::operator()(const at::Tensor& x,
                                    const at::Tensor& attended,
                                    const at::Tensor& time_and_text) const {
  auto gates = gates_(at::silu(time_and_text)).unsqueeze(1).chunk(2, -1);
  auto y = x + attended * gates[0];
  return y + mlp_(norm2_(y)) * gates[1];
}

TextRefiner::TextRefiner(const nn::ParamScope& refiner,
                         const config::Hunyuan15TransformerConfig& config)
    : pooled_1_(refiner / "time_text_embed.text_embedder.linear_1",
                config.text_embed_dim,
                config.width()),
      pooled_2_(refiner / "time_text_embed.text_embedder.linear_2", config.width(), config.width()),
      in_(refiner / "proj_in", config.text_embed_dim, config.width()) {
  for (int64_t i = 0; i < config.num_refiner_layers; ++i) {
    blocks_.emplace_back(refiner / "token_refiner.refiner_blocks" / i, config);
  }
}

TextRefiner::Prepared TextRefiner::prepare(const at::Tensor& text) const {
  auto mean = text.to(at::kFloat).mean(1).to(text.scalar_type());
  auto tokens = in_(text);
  return {pooled_2_(at::silu(pooled_1_(mean))), tokens,
          blocks_.empty() ? at::Tensor() : blocks_.front().attended(tokens)};
}

at::Tensor TextRefiner::operator()(const Prepared& text, const at::Tensor& time) const {
  auto time_and_text = time + text.pooled;
  auto x = text.tokens;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i](x, i == 0 ? text.attended : blocks_[i].attended(x), time_and_text);
  }
  return x;
}

}  // namespace kinema::hunyuan15
