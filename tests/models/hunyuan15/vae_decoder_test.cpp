// The decoder against the reference, and whole against part by part.
#include "models/hunyuan15/vae_decoder.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/hunyuan15/vae_case.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {
namespace {

at::Tensor in_parts(const VideoDecoder& decoder, const at::Tensor& latents, int64_t frames) {
  std::vector<at::Tensor> parts;
  decode_in_parts(decoder, latents, frames, [&](const at::Tensor& part) { parts.push_back(part); });
  return at::cat(parts, 2);
}

}  // namespace

TEST_CASE("decoded latents are the reference's video", "[vae]") {
  for (const std::string name : {"t2v", "i2v"}) {
    VaeCase vae(name);
    const auto pixels = vae.decoder()(vae.latents());
    CHECK(test::scaled_difference(stored_form(pixels), vae.at("video")) < 1e-5);
  }
}

TEST_CASE("decoding takes every weight of the decoder", "[vae]") {
  VaeCase vae("t2v");
  vae.decoder();
  for (const auto& [name, tensor] : vae.source.tensors()) {
    CHECK(vae.source.taken().contains(name) == name.starts_with("decoder."));
  }
}

TEST_CASE("decoding in parts changes no bit", "[vae]") {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const std::string name : {"t2v", "i2v"}) {
      VaeCase vae(name, type);
      const auto decoder = vae.decoder();
      for (const auto& [height, width] : {std::pair<int64_t, int64_t>{3, 2}, {1, 5}}) {
        const auto latents = noise({1, vae.config.latent_channels, 5, height, width}).to(type);
        const auto whole = decoder(latents);
        REQUIRE(whole.sizes() == at::IntArrayRef{1, 3, 17, 16 * height, 16 * width});
        // Even parts, and ones whose last is shorter.
        for (const int64_t frames : {1, 2, 3}) {
          CHECK(at::equal(in_parts(decoder, latents, frames), whole));
        }
      }
    }
  }
}

TEST_CASE("a single latent decodes alike in parts", "[vae]") {
  VaeCase vae("i2v");
  const auto decoder = vae.decoder();
  const auto latents = noise({1, vae.config.latent_channels, 4, 1, 1});
  CHECK(at::equal(in_parts(decoder, latents, 1), decoder(latents)));
}

TEST_CASE("a prefix of the latents is decoded to a prefix of the video", "[vae]") {
  VaeCase vae("t2v");
  const auto decoder = vae.decoder();
  const auto latents = noise({1, vae.config.latent_channels, 5, 3, 4});
  const auto video = decoder(latents);
  for (const int64_t frames : {1, 2, 4}) {
    const auto start = decoder(latents.narrow(2, 0, frames));
    CHECK(at::equal(start, video.narrow(2, 0, decoder.frames(frames))));
  }
}

TEST_CASE("what a stream remembers does not grow, but for the mid block's keys and values",
          "[vae]") {
  VaeCase vae("t2v");
  const auto decoder = vae.decoder();
  const auto latents = noise({1, vae.config.latent_channels, 6, 3, 4});
  VideoDecoder::Stream stream(decoder);
  std::vector<int64_t> bytes;
  for (int64_t t = 0; t < 6; ++t) {
    stream.push(latents.narrow(2, t, 1));
    bytes.push_back(stream.past().bytes());
  }
  const int64_t keys_and_values = 2 * 3 * 4 * vae.config.block_out_channels.back() * 4;
  for (size_t t = 1; t < bytes.size(); ++t) CHECK(bytes[t] - bytes[t - 1] == keys_and_values);
}

TEST_CASE("bfloat16 decoding is as near as bfloat16 can be", "[vae]") {
  VaeCase exact("t2v"), vae("t2v", at::kBFloat16);
  const auto latents = exact.latents();
  const auto got = stored_form(vae.decoder()(latents.to(at::kBFloat16)).to(at::kFloat));
  const double mse = at::mse_loss(got, exact.at("video")).item<double>();
  CHECK(10 * std::log10(1 / mse) > 50);  // dB
}

}  // namespace kinema::hunyuan15
