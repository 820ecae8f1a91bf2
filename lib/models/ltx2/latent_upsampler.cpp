// Source: diffusers' LTX2LatentUpsamplerModel, and adain_filter_latent and tone_map_latents of
// LTX2LatentUpsamplePipeline.
#include "models/ltx2/latent_upsampler.h"

#include <tuple>
#include <utility>

#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/pixel_shuffle.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/std_mean.h>

namespace kinema::ltx2 {
namespace {

constexpr int64_t kKernel = 3, kNormGroups = 32, kBlurKernel = 5;

UpsamplerGrid grid_of(const config::Ltx2UpsamplerConfig& config) {
  return config.dims == 2 ? UpsamplerGrid::kFrames : UpsamplerGrid::kClip;
}

// Where frames are enlarged one by one, whatever the other layers do.
UpsamplerGrid enlarging_grid(const config::Ltx2UpsamplerConfig& config) {
  return config.temporal_upsample ? UpsamplerGrid::kClip : UpsamplerGrid::kFrames;
}

int64_t side_factor(const config::Ltx2UpsamplerConfig& config) {
  if (!config.spatial_upsample) return 1;
  return config.is_rational() ? config.enlarged : 2;
}

nn::ParamScope enlarging_scope(const nn::ParamScope& scope,
                               const config::Ltx2UpsamplerConfig& config) {
  return config.is_rational() ? scope / "upsampler" / "conv" : scope / "upsampler" / 0;
}

int64_t enlarging_width(const config::Ltx2UpsamplerConfig& config) {
  const int64_t side = side_factor(config), time = config.temporal_upsample ? 2 : 1;
  return time * side * side * config.mid_channels;
}

// [1, C, T, H, W] <-> [T, C, H, W].
at::Tensor frames_of(const at::Tensor& clip) { return clip.squeeze(0).transpose(0, 1); }
at::Tensor clip_from(const at::Tensor& frames) { return frames.transpose(0, 1).unsqueeze(0); }

// Channels (c, t, h, w) to positions.
at::Tensor shuffled(const at::Tensor& x, int64_t time, int64_t side) {
  return x.unflatten(1, {-1, time, side, side})
      .permute({0, 1, 5, 2, 6, 3, 7, 4})
      .flatten(6, 7)
      .flatten(4, 5)
      .flatten(2, 3);
}

std::vector<UpsamplerBlock> blocks(const nn::ParamScope& scope,
                                   const config::Ltx2UpsamplerConfig& config) {
  std::vector<UpsamplerBlock> blocks;
  for (int64_t i = 0; i < config.num_blocks_per_stage; ++i) {
    blocks.emplace_back(scope / i, config.mid_channels, grid_of(config));
  }
  return blocks;
}

}  // namespace

UpsamplerConv::UpsamplerConv(const nn::ParamScope& scope,
                             int64_t in,
                             int64_t out,
                             UpsamplerGrid grid)
    : weight_(grid == UpsamplerGrid::kFrames
                  ? scope.take("weight", {out, in, kKernel, kKernel})
                  : scope.take("weight", {out, in, kKernel, kKernel, kKernel})),
      bias_(scope.take("bias", {out})) {}

at::Tensor UpsamplerConv::operator()(const at::Tensor& x) const {
  return weight_.dim() == 4 ? at::conv2d(x, weight_, bias_, 1, 1)
                            : at::conv3d(x, weight_, bias_, 1, 1);
}

UpsamplerNorm::UpsamplerNorm(const nn::ParamScope& scope, int64_t channels)
    : weight_(scope.take("weight", {channels})), bias_(scope.take("bias", {channels})) {}

at::Tensor UpsamplerNorm::operator()(const at::Tensor& x) const {
  return at::group_norm(x, kNormGroups, weight_, bias_);
}

UpsamplerBlock::UpsamplerBlock(const nn::ParamScope& scope, int64_t channels, UpsamplerGrid grid)
    : conv1_(scope / "conv1", channels, channels, grid),
      conv2_(scope / "conv2", channels, channels, grid),
      norm1_(scope / "norm1", channels),
      norm2_(scope / "norm2", channels) {}

at::Tensor UpsamplerBlock::operator()(const at::Tensor& x) const {
  const auto h = norm2_(conv2_(at::silu(norm1_(conv1_(x)))));
  return at::silu(h + x);
}

LatentUpsampler::LatentUpsampler(const nn::ParamScope& scope,
                                 const config::Ltx2UpsamplerConfig& config)
    : config_(config),
      grid_(grid_of(config)),
      initial_conv_(scope / "initial_conv", config.in_channels, config.mid_channels, grid_),
      initial_norm_(scope / "initial_norm", config.mid_channels),
      before_(blocks(scope / "res_blocks", config)),
      after_(blocks(scope / "post_upsample_res_blocks", config)),
      enlarge_(enlarging_scope(scope, config),
               config.mid_channels,
               enlarging_width(config),
               enlarging_grid(config)),
      final_conv_(scope / "final_conv", config.mid_channels, config.in_channels, grid_) {
  if (config.is_rational()) {
    blur_ = (scope / "upsampler" / "blur_down").take("kernel", {1, 1, kBlurKernel, kBlurKernel});
  }
}

at::Tensor LatentUpsampler::operator()(const at::Tensor& latents) const {
  auto x = grid_ == UpsamplerGrid::kFrames ? frames_of(latents) : latents;
  x = at::silu(initial_norm_(initial_conv_(x)));
  for (const auto& block : before_) x = block(x);
  x = enlarged(x);
  for (const auto& block : after_) x = block(x);
  x = final_conv_(x);
  return grid_ == UpsamplerGrid::kFrames ? clip_from(x) : x;
}

at::Tensor LatentUpsampler::enlarged(const at::Tensor& x) const {
  if (config_.temporal_upsample) {
    const auto clip = shuffled(enlarge_(x), 2, side_factor(config_));
    return clip.narrow(2, 1, clip.size(2) - 1);  // the first frame stays one
  }
  if (grid_ == UpsamplerGrid::kFrames) return resampled(x);
  return clip_from(resampled(frames_of(x)));
}

at::Tensor LatentUpsampler::resampled(const at::Tensor& frames) const {
  const auto large = at::pixel_shuffle(enlarge_(frames), side_factor(config_));
  if (!config_.is_rational() || config_.reduced == 1) return large;
  const int64_t channels = large.size(1);
  const auto kernel = blur_.expand({channels, 1, kBlurKernel, kBlurKernel});
  return at::conv2d(large, kernel, {}, config_.reduced, kBlurKernel / 2, 1, channels);
}

at::Tensor with_statistics_of(const at::Tensor& latents,
                              const at::Tensor& reference,
                              double factor) {
  const auto statistics = [](const at::Tensor& x) {
    return at::std_mean(x, at::IntArrayRef{2, 3, 4}, /*unbiased=*/true, /*keepdim=*/true);
  };
  const auto [deviation, mean] = statistics(latents);
  const auto [wanted_deviation, wanted_mean] = statistics(reference);
  const auto moved = (latents - mean) / deviation * wanted_deviation + wanted_mean;
  return at::lerp(latents, moved, factor);
}

at::Tensor tone_mapped(const at::Tensor& latents, double compression) {
  const double strength = 0.75 * compression;
  const auto large = at::sigmoid((latents.abs() - 1.0) * (4.0 * strength));
  return latents * (1.0 - large * (0.8 * strength));
}

}  // namespace kinema::ltx2
