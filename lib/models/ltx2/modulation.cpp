// Source: diffusers' LTX2AdaLayerNormSingle and get_mod_params.
#include "models/ltx2/modulation.h"

#include <utility>

#include <ATen/ops/_unique2.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>

#include "nn/layers.h"
#include "nn/row_by_row.h"

namespace kinema::ltx2 {
namespace {

// t [n, k] -> what one adaptive norm makes of it: the embedding [n, k, C] and its vectors
// [n, k, parts, C].
struct Adaptive {
  at::Tensor embedded, vectors;
};

Adaptive adaptive(const nn::ParamScope& scope, int64_t width, int64_t parts, const at::Tensor& t) {
  const auto steps = t.sizes();
  auto embedded =
      nn::row_by_row(nn::TimestepEmbedding(scope / "emb.timestep_embedder", width), t.flatten());
  auto vectors =
      nn::row_by_row(nn::Linear(scope / "linear", width, parts * width), at::silu(embedded));
  return {embedded.unflatten(0, steps), vectors.unflatten(0, steps).unflatten(-1, {parts, width})};
}

// The checkpoint's names for one stream's adaptive norms.
struct Names {
  const char *time, *cross, *cross_gate, *text, *output;
};

constexpr Names kVideo = {"time_embed", "av_cross_attn_video_scale_shift",
                          "av_cross_attn_video_a2v_gate", "prompt_adaln", "scale_shift_table"};
constexpr Names kAudio = {"audio_time_embed", "av_cross_attn_audio_scale_shift",
                          "av_cross_attn_audio_v2a_gate", "audio_prompt_adaln",
                          "audio_scale_shift_table"};

// The times that the places of one stream are told, each [n, k].
struct Times {
  at::Tensor own, cross, text;
};

StreamModulation stream(const nn::ParamScope& model,
                        const config::Ltx2TransformerConfig& config,
                        const config::Ltx2StreamConfig& of,
                        const Names& names,
                        const Times& t) {
  const int64_t width = of.width();
  const double gate_time =
      config.cross_attn_timestep_scale_multiplier / config.timestep_scale_multiplier;
  const auto own = adaptive(model / names.time, width, of.modulations(), t.own);
  const auto cross = adaptive(model / names.cross, width, 4, t.cross);
  const auto gate = adaptive(model / names.cross_gate, width, 1, t.cross * gate_time);
  StreamModulation all;
  all.block = own.vectors;
  all.cross = at::cat({cross.vectors, gate.vectors}, 2);
  all.output = model.take(names.output, {2, width}) + own.embedded.unsqueeze(2);
  if (config.text_follows_step()) {
    all.text = adaptive(model / names.text, width, 2, t.text).vectors;
  }
  return all;
}

}  // namespace

NoiseLevels::NoiseLevels(int64_t tokens)
    : shares_(at::ones({1})), level_(at::zeros({tokens}, at::kLong)) {}

NoiseLevels::NoiseLevels(const at::Tensor& fixed) {
  auto distinct = at::_unique2(fixed, /*sorted=*/true, /*return_inverse=*/true);
  shares_ = 1 - std::get<0>(distinct);
  level_ = std::get<1>(distinct).contiguous();
}

ModulationTable::ModulationTable(const nn::ParamScope& model,
                                 const config::Ltx2TransformerConfig& config,
                                 const at::Tensor& t,
                                 NoiseLevels levels,
                                 CrossTime cross_time)
    : levels_(std::move(levels)) {
  auto scalar = t.unsqueeze(1);
  auto tokens = scalar * levels_.shares();
  video_ = stream(model, config, config.video, kVideo,
                  {tokens, cross_time == CrossTime::kOwn ? tokens : scalar, scalar});
  audio_ = stream(model, config, config.audio, kAudio, {scalar, scalar, scalar});
}

StreamModulation ModulationTable::at_step(const StreamModulation& all, int64_t step) {
  return {all.block[step], all.cross[step], all.text.defined() ? all.text[step] : all.text,
          all.output[step]};
}

TokenVectors::TokenVectors(at::Tensor rows, std::initializer_list<int64_t> scales)
    : rows_(std::move(rows)) {
  for (const auto place : scales) rows_.select(1, place).add_(1);
}

TokenVectors::TokenVectors(at::Tensor rows,
                           std::initializer_list<int64_t> scales,
                           const nn::TokenRows& which)
    : TokenVectors(std::move(rows), scales) {
  if (rows_.size(0) > 1) which_ = &which;
}

at::Tensor TokenVectors::normed(const nn::Residual& x,
                                const nn::Norm& norm,
                                int64_t scale,
                                int64_t shift,
                                const nn::Elementwise& elementwise) const {
  return elementwise.normed(x, norm, {rows_.select(1, scale), rows_.select(1, shift), which_});
}

nn::Residual TokenVectors::added(const nn::Residual& x,
                                 at::Tensor y,
                                 int64_t gate,
                                 const nn::Elementwise& elementwise) const {
  return elementwise.added(x, std::move(y), {rows_.select(1, gate), which_});
}

}  // namespace kinema::ltx2
