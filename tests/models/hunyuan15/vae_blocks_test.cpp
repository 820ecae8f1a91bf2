// What the stored checkpoints do not have or would not show: a residual block that changes its
// width, borders, memory.
#include "models/hunyuan15/vae_blocks.h"

#include <cmath>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/clip.h"
#include "models/hunyuan15/vae_case.h"
#include "models/hunyuan15/vae_layout.h"
#include "support/map_source.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {
namespace {

std::map<std::string, at::Tensor> resnet_weights(int64_t in, int64_t out) {
  return {{"norm1.gamma", noise({in, 1, 1, 1}, 1)},
          {"conv1.conv.weight", noise({out, in, 3, 3, 3}, 2)},
          {"conv1.conv.bias", noise({out}, 3)},
          {"norm2.gamma", noise({out, 1, 1, 1}, 4)},
          {"conv2.conv.weight", noise({out, out, 3, 3, 3}, 5)},
          {"conv2.conv.bias", noise({out}, 6)},
          {"conv_shortcut.weight", noise({out, in, 1, 1, 1}, 7)},
          {"conv_shortcut.bias", noise({out}, 8)}};
}

// The reference's way, on [1, C, T, H, W].
at::Tensor plain_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::conv3d(at::replication_pad3d(x, {1, 1, 1, 1, 2, 0}), weight, bias);
}

at::Tensor plain_activation(const at::Tensor& x, const at::Tensor& gamma) {
  const auto length = x.norm(2, {1}, true).clamp_min(1e-12);
  return at::silu(x / length * std::sqrt(static_cast<double>(x.size(1))) * gamma);
}

at::Tensor plain_resnet(const std::map<std::string, at::Tensor>& w, const at::Tensor& x) {
  auto h = plain_activation(x, w.at("norm1.gamma"));
  h = plain_conv(h, w.at("conv1.conv.weight"), w.at("conv1.conv.bias"));
  h = plain_activation(h, w.at("norm2.gamma"));
  h = plain_conv(h, w.at("conv2.conv.weight"), w.at("conv2.conv.bias"));
  return h + at::conv3d(x, w.at("conv_shortcut.weight"), w.at("conv_shortcut.bias"));
}

}  // namespace

TEST_CASE("a residual block may change its width", "[vae]") {
  const auto weights = resnet_weights(6, 10);
  test::MapSource source(weights);
  const Resnet resnet(nn::ParamScope(source), 6, 10);
  const auto x = noise({1, 6, 3, 4, 5}, 9);
  Past past(Past::Parts::kOne);
  const auto got = models::video_of(resnet(models::clip_of(x), past));
  CHECK(test::scaled_difference(got, plain_resnet(weights, x)) < 1e-5);
}

TEST_CASE("a causal convolution remembers its last two frames", "[vae]") {
  const auto weights = resnet_weights(3, 4);
  test::MapSource source(weights);
  const CausalConv conv(nn::ParamScope(source, "conv1"), 3, 4);
  const auto x = noise({1, 3, 6, 2, 1}, 9);
  const auto want = plain_conv(x, weights.at("conv1.conv.weight"), weights.at("conv1.conv.bias"));
  Past past(Past::Parts::kMany);
  int64_t begin = 0;
  for (const int64_t frames : {2, 1, 3}) {
    const auto got = models::video_of(conv(models::clip_of(x.narrow(2, begin, frames)), past));
    CHECK(test::scaled_difference(got, want.narrow(2, begin, frames)) < 1e-5);
    past.end_part();
    begin += frames;
  }
}

TEST_CASE("levels follow the compression ratios", "[vae]") {
  config::Hunyuan15VaeConfig config;  // 16 x 16 x 4 over five levels
  CHECK(downsampled(config, 0) == Time::kKept);
  CHECK(downsampled(config, 1) == Time::kKept);
  CHECK(downsampled(config, 2) == Time::kChanged);
  CHECK(downsampled(config, 3) == Time::kChanged);
  CHECK(downsampled(config, 4) == std::nullopt);
  CHECK(upsampled(config, 1) == Time::kChanged);
  CHECK(upsampled(config, 2) == Time::kKept);
  CHECK(upsampled(config, 4) == std::nullopt);
  config.spatial_compression_ratio = 8;
  CHECK(downsampled(config, 0) == Time::kKept);
  CHECK(downsampled(config, 1) == Time::kChanged);
  CHECK(downsampled(config, 3) == std::nullopt);
}

}  // namespace kinema::hunyuan15
