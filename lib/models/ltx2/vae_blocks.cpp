// Source: diffusers' LTX2VideoResnetBlock3d, LTX2VideoUpsampler3d and LTX2VideoDownsampler3d.
#include "models/ltx2/vae_blocks.h"

#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>

namespace kinema::ltx2 {
namespace {

constexpr int64_t kBlockVectors = 4;

// The clip without what its first frame became too many.
at::Tensor without_surplus(const at::Tensor& x, int64_t frames, bool at_start) {
  const int64_t surplus = at_start && x.size(0) > 0 ? frames - 1 : 0;
  return x.narrow(0, surplus, x.size(0) - surplus);
}

}  // namespace

at::Tensor spread(const at::Tensor& x, const config::Ltx2Factors& by) {
  return x.unflatten(3, {-1, by.time, by.height, by.width})
      .permute({0, 4, 1, 5, 2, 6, 3})
      .flatten(4, 5)
      .flatten(2, 3)
      .flatten(0, 1);
}

at::Tensor gathered(const at::Tensor& x, const config::Ltx2Factors& by) {
  return x.unflatten(2, {-1, by.width})
      .unflatten(1, {-1, by.height})
      .unflatten(0, {-1, by.time})
      .permute({0, 2, 4, 6, 1, 3, 5})
      .flatten(3);
}

NoiseEmbedding::NoiseEmbedding(const nn::ParamScope& scope, int64_t vectors, int64_t width)
    : vectors_(vectors), embed_(scope / "timestep_embedder", vectors * width) {}

at::Tensor NoiseEmbedding::operator()(const at::Tensor& time) const {
  return embed_(time).view({vectors_, -1});
}

VaeResnet::VaeResnet(const nn::ParamScope& scope,
                     int64_t in,
                     int64_t out,
                     Borders borders,
                     NoiseTold told,
                     double shortcut_eps)
    : conv1_(scope / "conv1", in, out, borders), conv2_(scope / "conv2", out, out, borders) {
  if (told == NoiseTold::kYes) table_ = scope.take("scale_shift_table", {kBlockVectors, in});
  if (in == out) return;
  const auto at = scope / "conv_shortcut";
  shortcut_.emplace(Shortcut{nn::LayerNorm(scope / "norm3", in, shortcut_eps),
                             at.take("weight", {out, in, 1, 1, 1}).view({out, in}),
                             at.take("bias", {out})});
}

at::Tensor VaeResnet::operator()(const at::Tensor& x, const at::Tensor& noise, Flow& flow) const {
  ShiftScale first, second;
  if (table_.defined()) {
    const auto rows = noise + table_;
    first = {rows[0], rows[1]};
    second = {rows[2], rows[3]};
  }
  auto h = conv1_.activated(x, first, flow);
  h = conv2_.activated(h, second, flow);
  const auto around = flow.delayed(x, h.size(0));
  if (!shortcut_) return h.add_(around);
  return h.add_(at::linear(shortcut_->norm(around), shortcut_->weight, shortcut_->bias));
}

VaeUpsample::VaeUpsample(const nn::ParamScope& scope,
                         const config::Ltx2UpLevel& level,
                         Borders borders)
    : by_(level.up.value()),
      residual_(level.residual),
      conv_(scope / "conv", level.before_up(), level.out * by_.product(), borders) {}

at::Tensor VaeUpsample::operator()(const at::Tensor& x, Flow& flow) const {
  auto h = conv_(x, flow);
  auto& memory = flow.next();
  const bool at_start = !std::exchange(memory.started, memory.started || h.size(0) > 0);
  const int64_t frames = h.size(0);
  h = without_surplus(spread(h, by_), by_.time, at_start);
  if (!residual_) return h;
  const auto around = without_surplus(spread(flow.delayed(x, frames), by_), by_.time, at_start);
  // Every channel of `around` stands for as many of h, one in each run of them.
  h.unflatten(3, {-1, around.size(3)}).add_(around.unsqueeze(3));
  return h;
}

VaeDownsample::VaeDownsample(const nn::ParamScope& scope,
                             const config::Ltx2DownLevel& level,
                             Borders borders)
    : by_(level.down.value()),
      out_(level.out),
      conv_(scope / "conv", level.in, level.out / by_.product(), borders) {}

at::Tensor VaeDownsample::operator()(const at::Tensor& x, Flow& flow) const {
  const auto clip = by_.time > 1 ? at::cat({x.narrow(0, 0, by_.time - 1), x}, 0) : x;
  const auto means = gathered(clip, by_).unflatten(3, {out_, -1}).mean(-1);
  return gathered(conv_(clip, flow), by_).add_(means);
}

}  // namespace kinema::ltx2
