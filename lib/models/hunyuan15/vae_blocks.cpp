// Source: diffusers' HunyuanVideo15ResnetBlock, HunyuanVideo15Upsample and
// HunyuanVideo15Downsample. The order of sub-positions in the channels is (frame, row, column,
// channel), unlike PixelShuffle's.
#include "models/hunyuan15/vae_blocks.h"

#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>

#include "nn/cells.h"

namespace kinema::hunyuan15 {
namespace {

constexpr int64_t kQuad = 4;  // 2 x 2 pixels

// The opposite of spreading: [T, H, W, c] -> [T/frames, H/2, W/2, frames * 4 * c].
at::Tensor gathered(const at::Tensor& x, int64_t frames) { return nn::cells(x, frames).flatten(3); }

}  // namespace

at::Tensor group_mean(const at::Tensor& x, int64_t groups) {
  return x.unflatten(-1, {groups, -1}).mean(-1);
}

Resnet::Resnet(const nn::ParamScope& scope, int64_t in, int64_t out)
    : conv1_(scope / "norm1", scope / "conv1", in, out),
      conv2_(scope / "norm2", scope / "conv2", out, out) {
  if (in != out) shortcut_.emplace(scope / "conv_shortcut", in, out);
}

at::Tensor Resnet::operator()(at::Tensor x, Past& past) const {
  const auto h = conv1_(x, past);
  return conv2_.added_to(shortcut_ ? (*shortcut_)(x) : std::move(x), h, past);
}

Upsample::Upsample(const nn::ParamScope& scope, int64_t in, int64_t out, Time time)
    : out_(out),
      time_(time),
      conv_(scope / "conv", in, (time == Time::kChanged ? 2 : 1) * kQuad * out) {}

at::Tensor Upsample::operator()(const at::Tensor& x, Past& past) const {
  const auto h = conv_(x, past);
  const int64_t frames = time_ == Time::kChanged ? 2 : 1;
  // A clip's first frame becomes one frame: of its two frames' channels the first half of each part
  // is taken.
  const int64_t lone = frames == 2 && past.at_start() ? 1 : 0;
  const int64_t rest = x.size(0) - lone;
  const auto out =
      at::empty({lone + frames * rest, 2 * x.size(1), 2 * x.size(2), out_}, x.options());
  if (lone > 0) {
    const auto halves = h.narrow(0, 0, 1).unflatten(3, {kQuad, -1}).narrow(4, 0, out_);
    nn::spread_sum(out.narrow(0, 0, 1), halves, x.narrow(0, 0, 1), 1);
  }
  if (rest > 0) {
    const auto parts = h.narrow(0, lone, rest).unflatten(3, {frames * kQuad, -1});
    nn::spread_sum(out.narrow(0, lone, frames * rest), parts, x.narrow(0, lone, rest), frames);
  }
  return out;
}

Downsample::Downsample(const nn::ParamScope& scope, int64_t in, int64_t out, Time time)
    : out_(out),
      time_(time),
      conv_(scope / "conv", in, out / ((time == Time::kChanged ? 2 : 1) * kQuad)) {}

at::Tensor Downsample::operator()(const at::Tensor& x, Past& past) const {
  auto h = conv_(x, past);
  const int64_t frames = time_ == Time::kChanged ? 2 : 1;
  const int64_t lone = frames == 2 && past.at_start() ? 1 : 0;
  const int64_t rest = x.size(0) - lone;
  const auto out =
      at::empty({lone + rest / frames, x.size(1) / 2, x.size(2) / 2, out_}, x.options());
  if (lone > 0) {  // has half the channels: they are there twice
    const auto first = gathered(h.narrow(0, 0, 1), 1);
    const auto mean = gathered(group_mean(x.narrow(0, 0, 1), 2 * h.size(3)), 1);
    auto target = out.narrow(0, 0, 1).unflatten(-1, {2, -1});
    at::add_out(target, first.unsqueeze(-2), mean.unflatten(-1, {2, -1}));
  }
  if (rest > 0) {
    const auto sum = h.narrow(0, lone, rest).add_(group_mean(x.narrow(0, lone, rest), h.size(3)));
    out.narrow(0, lone, rest / frames)
        .unflatten(-1, {frames, 2, 2, -1})
        .copy_(nn::cells(sum, frames));
  }
  return out;
}

}  // namespace kinema::hunyuan15
