// Source: diffusers' HunyuanVideo15TransformerBlock.
#include "models/hunyuan15/block.h"

#include <vector>

namespace kinema::hunyuan15 {

struct StreamNames {
  const char *q, *k, *v, *q_norm, *k_norm, *out, *mlp;
};

namespace {

constexpr StreamNames kVideoNames = {"attn.to_q",   "attn.to_k",     "attn.to_v", "attn.norm_q",
                                     "attn.norm_k", "attn.to_out.0", "ff"};
constexpr StreamNames kTextNames = {"attn.add_q_proj",   "attn.add_k_proj",   "attn.add_v_proj",
                                    "attn.norm_added_q", "attn.norm_added_k", "attn.to_add_out",
                                    "ff_context"};
constexpr double kEps = 1e-6;

const nn::Rotary kNoPositions;  // the text's

void place(const at::Tensor& x,
           const nn::RmsNorm& norm,
           const nn::Rotary& rotary,
           const nn::Elementwise& elementwise,
           const at::Tensor& to) {
  elementwise.normed_turned(x, norm.weight(), norm.eps(), rotary, to);
}

std::vector<nn::LinearStack::Layer> stacked(const StreamNames& names,
                                            Queries queries,
                                            int64_t width) {
  if (queries == Queries::kNone) return {{names.k, width}, {names.v, width}};
  return {{names.q, width}, {names.k, width}, {names.v, width}};
}

at::Tensor normed(const nn::Residual& x,
                  const Modulation& modulation,
                  const nn::Elementwise& elementwise) {
  return elementwise.normed(x, kAdaptiveNorm, {modulation.scale, modulation.shift});
}

}  // namespace

StreamHeads::StreamHeads(const nn::ParamScope& block,
                         const StreamNames& names,
                         Queries queries,
                         const config::Hunyuan15TransformerConfig& config)
    : head_dim_(config.attention_head_dim),
      layers_(block, stacked(names, queries, config.width()), config.width(), nn::Bias::kPresent),
      k_norm_(block / names.k_norm, config.attention_head_dim, kEps) {
  if (queries == Queries::kPresent)
    q_norm_.emplace(block / names.q_norm, config.attention_head_dim, kEps);
}

void StreamHeads::operator()(const at::Tensor& x,
                             const nn::Rotary& rotary,
                             const nn::Elementwise& elementwise,
                             const nn::Qkv& places) const {
  std::vector<at::Tensor> wanted = {places.k, places.v};
  if (q_norm_) wanted.insert(wanted.begin(), places.q);
  const auto made = layers_.near(wanted, x);
  if (q_norm_) place(made.front(), *q_norm_, rotary, elementwise, places.q);
  place(made.end()[-2], k_norm_, rotary, elementwise, places.k);
  nn::settle(made.back(), places.v);
}

// How many heads are here is the weights' business.
nn::HeadShape StreamHeads::shape() const {
  return {layers_.width(0) / head_dim_, head_dim_, layers_.options()};
}

StreamHalf::StreamHalf(const nn::ParamScope& block,
                       const StreamNames& names,
                       const config::Hunyuan15TransformerConfig& config)
    : heads_(block, names, Queries::kPresent, config),
      out_(block / names.out, config.width(), config.width()),
      mlp_(block / names.mlp, config.width(), config.mlp_width(), nn::Activation::kGeluTanh) {}

void StreamHalf::before_attention(const nn::Residual& x,
                                  const StreamModulation& modulation,
                                  const nn::Rotary& rotary,
                                  const nn::Elementwise& elementwise,
                                  const nn::Qkv& places) const {
  heads_(normed(x, modulation.attention, elementwise), rotary, elementwise, places);
}

nn::Residual StreamHalf::after_attention(const nn::Residual& x,
                                         const at::Tensor& attended,
                                         const StreamModulation& modulation,
                                         const nn::Elementwise& elementwise) const {
  const auto& [attention, mlp] = modulation;
  auto y = elementwise.added(x, out_(attended.flatten(2)), {attention.gate});
  return elementwise.added(y, mlp_(normed(y, mlp, elementwise), elementwise), {mlp.gate});
}

DualStreamBlock::DualStreamBlock(const nn::ParamScope& block,
                                 const config::Hunyuan15TransformerConfig& config)
    : video_(block, kVideoNames, config), text_(block, kTextNames, config) {}

void DualStreamBlock::operator()(nn::Residual& video,
                                 nn::Residual& text,
                                 const BlockModulation& modulation,
                                 const nn::Rotary& rotary,
                                 const nn::JointAttention& attend,
                                 const nn::Elementwise& elementwise) const {
  // By itself, so that queries, keys and values are gone before the MLPs need memory.
  const auto attention = [&] {
    const auto joint = attend.places(video_.head_shape(), {video.tokens()}, {text.tokens()});
    video_.before_attention(video, modulation.video, rotary, elementwise, joint.video);
    text_.before_attention(text, modulation.text, kNoPositions, elementwise, joint.text);
    return attend.attended(joint);
  };
  auto [v_out, t_out] = attention();
  video = video_.after_attention(video, v_out, modulation.video, elementwise);
  text = text_.after_attention(text, t_out, modulation.text, elementwise);
}

LastBlock::LastBlock(const nn::ParamScope& block, const config::Hunyuan15TransformerConfig& config)
    : video_(block, kVideoNames, config), text_(block, kTextNames, Queries::kNone, config) {}

void LastBlock::operator()(nn::Residual& video,
                           const nn::Residual& text,
                           const BlockModulation& modulation,
                           const nn::Rotary& rotary,
                           const nn::JointAttention& attend,
                           const nn::Elementwise& elementwise) const {
  const auto attention = [&] {
    const auto joint = attend.places(video_.head_shape(), {video.tokens()},
                                     {.tokens = text.tokens(), .queries = false});
    video_.before_attention(video, modulation.video, rotary, elementwise, joint.video);
    text_(normed(text, modulation.text.attention, elementwise), kNoPositions, elementwise,
          joint.text);
    return attend.attended(joint).first;
  };
  video = video_.after_attention(video, attention(), modulation.video, elementwise);
}

}  // namespace kinema::hunyuan15
