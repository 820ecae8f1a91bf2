// The order of operations is the reference's: angles reach thousands of radians, where an ulp of
// float32 is a visible turn.
#include "models/ltx2/rotary.h"

#include <algorithm>
#include <vector>

#include <ATen/ops/arange.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/meshgrid.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/stack.h>

namespace kinema::ltx2 {
namespace {

constexpr double kPi = 3.14159265358979323846;

at::Tensor frequencies(int64_t count, const RotaryShape& shape, const at::Tensor& beside) {
  const auto dtype = shape.double_precision ? at::kDouble : at::kFloat;
  auto exponents = at::linspace(0.0, 1.0, count, beside.options().dtype(dtype));
  return at::pow(shape.theta, exponents).mul_(kPi).div_(2.0).to(at::kFloat);
}

// [L, pairs] -> [L, heads, pairs / heads]; what is missing in front does not turn.
at::Tensor by_head(const at::Tensor& values, const RotaryShape& shape, double still) {
  const int64_t missing = shape.width / 2 - values.size(1);
  return at::constant_pad_nd(values, {missing, 0}, still).unflatten(1, {shape.heads, -1});
}

// bounds [axes, L, 2] -> [L, axes], each axis divided by its range.
at::Tensor fractions(const at::Tensor& bounds, const std::vector<int64_t>& ranges) {
  auto middle = (bounds.select(-1, 0) + bounds.select(-1, 1)) / 2.0;
  std::vector<at::Tensor> axes;
  for (size_t axis = 0; axis < ranges.size(); ++axis) {
    axes.push_back(middle[static_cast<int64_t>(axis)] / ranges[axis]);
  }
  return at::stack(axes, -1);
}

// Latent times to times of the decoder's input: its first frame stands for one alone.
at::Tensor causal(const at::Tensor& latent, int64_t scale, int64_t offset) {
  return (latent * scale + offset - scale).clamp_min(0);
}

}  // namespace

Rotary rotary_table(const at::Tensor& fractions, const RotaryShape& shape) {
  const int64_t axes = fractions.size(1);
  auto turns = frequencies(shape.width / (2 * axes), shape, fractions);
  auto angles = (fractions.unsqueeze(-1) * 2 - 1) * turns;  // [L, axes, n]
  angles = angles.transpose(-1, -2).flatten(1);             // the axes fastest
  return {by_head(angles.cos(), shape, 1), by_head(angles.sin(), shape, 0), shape.type};
}

nn::Pairs pairs_of(config::Ltx2RopeType type) {
  const bool neighbours = type == config::Ltx2RopeType::kInterleaved;
  return neighbours ? nn::Pairs::kNeighbours : nn::Pairs::kHalves;
}

at::Tensor rotated(const at::Tensor& x, const Rotary& rotary) {
  auto heads = x.flatten(2).unflatten(2, {rotary.cos.size(1), -1});
  return nn::turned(heads, rotary.cos, rotary.sin, pairs_of(rotary.type)).reshape(x.sizes());
}

at::Tensor video_bounds(int64_t frames,
                        int64_t height,
                        int64_t width,
                        double frame_rate,
                        const config::Ltx2TransformerConfig& config) {
  std::vector<at::Tensor> axes;
  for (auto size : {frames, height, width}) axes.push_back(at::arange(size, at::kFloat));
  std::vector<at::Tensor> starts, ends;
  const auto grid = at::meshgrid(axes, "ij");
  for (size_t axis = 0; axis < grid.size(); ++axis) {
    const int64_t scale = config.vae_scale_factors[axis];
    for (auto* bounds : {&starts, &ends}) {
      auto latent = bounds == &starts ? grid[axis].flatten() : grid[axis].flatten() + 1;
      bounds->push_back(axis == 0 ? causal(latent, scale, config.causal_offset) / frame_rate
                                  : latent * scale);
    }
  }
  return at::stack({at::stack(starts), at::stack(ends)}, -1);
}

at::Tensor keyframe_bounds(int64_t frame,
                           int64_t height,
                           int64_t width,
                           double frame_rate,
                           const config::Ltx2TransformerConfig& config) {
  auto bounds = video_bounds(1, height, width, frame_rate, config);
  // Latent frame 0 is one frame of pixels, every other vae_scale_factors[0] of them.
  const auto start = static_cast<double>((frame - 1) * config.vae_scale_factors[0] + 1);
  bounds[0].select(-1, 0).fill_(start).div_(frame_rate);
  bounds[0].select(-1, 1).fill_(start + 1).div_(frame_rate);
  return bounds;
}

at::Tensor audio_bounds(int64_t tokens, const config::Ltx2TransformerConfig& config) {
  auto seconds = [&](const at::Tensor& latent) {
    auto mel = causal(latent, config.audio_scale_factor, config.causal_offset);
    return mel * config.audio_hop_length / config.audio_sampling_rate;
  };
  auto latent = at::arange(tokens, at::kFloat);
  return at::stack({seconds(latent), seconds(latent + 1)}, -1).unsqueeze(0);
}

Rotaries rotaries(const at::Tensor& video_bounds,
                  const at::Tensor& audio_bounds,
                  const config::Ltx2TransformerConfig& config) {
  const auto &video = config.video, &audio = config.audio;
  const int64_t seconds = std::max(video.pos_embed_max_pos, audio.pos_embed_max_pos);
  auto table = [&](const at::Tensor& bounds, const std::vector<int64_t>& ranges, int64_t width,
                   int64_t heads) {
    return rotary_table(
        fractions(bounds, ranges),
        {width, heads, config.rope_theta, config.rope_double_precision, config.rope_type});
  };
  return {table(video_bounds, {video.pos_embed_max_pos, config.base_height, config.base_width},
                video.width(), video.num_attention_heads),
          table(audio_bounds, {audio.pos_embed_max_pos}, audio.width(), audio.num_attention_heads),
          table(video_bounds, {seconds}, audio.cross_attention_dim, video.num_attention_heads),
          table(audio_bounds, {seconds}, audio.cross_attention_dim, audio.num_attention_heads)};
}

}  // namespace kinema::ltx2
