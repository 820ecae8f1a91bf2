// The mid block against the reference and against attention with a dense mask.
#include "models/hunyuan15/vae_mid.h"

#include <cmath>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/clip.h"
#include "models/hunyuan15/vae_case.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {
namespace {

// [T, H, W, C], one head over all positions, those of later frames masked away.
at::Tensor densely_attended(VaeCase& vae, const at::Tensor& x) {
  const auto at = vae.scope() / "decoder" / "mid_block" / "attentions" / 0;
  const int64_t channels = x.size(3);
  auto h = x / x.norm(2, {3}, true).clamp_min(1e-12) * std::sqrt(static_cast<double>(channels));
  h = h * at.take("norm.gamma", {channels, 1, 1, 1}).flatten();
  auto project = [&](const std::string& name, const at::Tensor& y) {
    const auto weight = at.take(name + ".weight", {channels, channels, 1, 1, 1});
    return at::matmul(y, weight.flatten(1).t()) + at.take(name + ".bias", {channels});
  };
  const auto tokens = h.flatten(0, 2);
  const auto frame = at::arange(x.size(0)).repeat_interleave(x.size(1) * x.size(2));
  auto scores = at::matmul(project("to_q", tokens), project("to_k", tokens).t());
  scores = (scores / std::sqrt(static_cast<double>(channels)))
               .masked_fill(frame.unsqueeze(0) > frame.unsqueeze(1), -INFINITY);
  return x +
         project("proj_out", at::matmul(scores.softmax(-1), project("to_v", tokens))).view_as(x);
}

}  // namespace

TEST_CASE("the decoder's mid block is the reference's", "[vae]") {
  for (const std::string name : {"t2v", "i2v"}) {
    VaeCase vae(name);
    const auto at = vae.scope() / "decoder";
    const int64_t in = vae.config.latent_channels, width = vae.config.block_out_channels.back();
    Past past(Past::Parts::kOne);
    const auto z = models::clip_of(vae.latents());
    const auto x =
        CausalConv(at / "conv_in", in, width).added_to(z.repeat_interleave(width / in, 3), z, past);
    const auto mid = MidBlock(at / "mid_block", width)(x, past);
    CHECK(test::scaled_difference(models::video_of(mid), vae.at("vae_decoder_mid")) < 1e-5);
  }
}

TEST_CASE("frames attend to themselves and to what came before", "[vae]") {
  VaeCase vae("t2v");
  const int64_t width = vae.config.block_out_channels.back();
  const FrameAttention attention(vae.scope() / "decoder" / "mid_block" / "attentions" / 0, width);
  const auto x = noise({4, 3, 5, width});
  Past past(Past::Parts::kOne);
  CHECK(test::scaled_difference(attention(x.clone(), past), densely_attended(vae, x)) < 1e-6);
}

}  // namespace kinema::hunyuan15
