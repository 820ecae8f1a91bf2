// The decoder against the reference, and whole against part by part.
#include "models/ltx2/vae_decoder.h"

#include <numeric>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/ltx2/vae_case.h"
#include "support/tensors.h"

namespace kinema::ltx2 {
namespace {

constexpr int64_t kAll = 0;

Decoding told(int64_t latent_frames) { return {kTold, latent_frames}; }

}  // namespace

TEST_CASE("LTX-2's decoded latents are the reference's video", "[ltx2][vae]") {
  for (const auto& name : kVaeCases) {
    CAPTURE(name);
    VaeCase vae(name);
    const auto decoder = vae.decoder();
    const auto& latents = vae.at("latents");
    const auto video = decoder(latents, told(kAll));
    REQUIRE(video.sizes() == at::IntArrayRef{1, 3, 25, 64, 96});
    CHECK(test::scaled_difference(sampled(video), vae.at("decoded")) < 1e-5);
    const auto single = decoder(latents.narrow(2, 0, 1), told(kAll));
    CHECK(test::scaled_difference(sampled(single), vae.at("single")) < 1e-5);
  }
}

TEST_CASE("LTX-2's decoder takes every weight of the decoder", "[ltx2][vae]") {
  for (const auto& name : kVaeCases) {
    VaeCase vae(name);
    vae.decoder();
    for (const auto& [weight, tensor] : vae.source.tensors()) {
      CAPTURE(name, weight);
      CHECK(vae.source.taken().contains(weight) == weight.starts_with("decoder."));
    }
  }
}

TEST_CASE("LTX-2's decoding in parts changes no bit, also where layers look ahead", "[ltx2][vae]") {
  for (const auto& name : kVaeCases) {
    for (const auto type : {at::kFloat, at::kBFloat16}) {
      // A matrix product's bits depend on its rows there; no release widens.
      if (type == at::kBFloat16 && name == "widening") continue;
      CAPTURE(name, type);
      VaeCase vae(name, type);
      const auto decoder = vae.decoder();
      const auto latents = drawn({1, vae.config.latent_channels, 9, 2, 3}).to(type);
      const auto whole = decoder(latents, told(kAll));
      for (const int64_t frames : {1, 2, 4, 20}) {
        CHECK(at::equal(decoder(latents, told(frames)), whole));
      }
    }
  }
}

TEST_CASE("LTX-2's frames come in groups of the promised number", "[ltx2][vae]") {
  VaeCase vae("ltx_2_3");
  const auto decoder = vae.decoder();
  const auto latents = drawn({1, vae.config.latent_channels, 5, 1, 2});
  for (const int64_t frames : {0, 1, 2, 3}) {
    const auto how = told(frames);
    std::vector<int64_t> groups;
    decoder.decode(latents, how, [&](const at::Tensor& part) { groups.push_back(part.size(2)); });
    REQUIRE(static_cast<int64_t>(groups.size()) == decoder.group_count(5, how));
    for (size_t i = 0; i + 1 < groups.size(); ++i) CHECK(groups[i] == decoder.group_frames(5, how));
    CHECK(std::accumulate(groups.begin(), groups.end(), int64_t{0}) == 33);
  }
}

TEST_CASE("LTX-2's decoder sees what comes later unless it is causal", "[ltx2][vae]") {
  for (const auto& name : kVaeCases) {
    CAPTURE(name);
    VaeCase vae(name);
    const auto decoder = vae.decoder();
    const auto latents = drawn({1, vae.config.latent_channels, 3, 2, 2});
    const auto start = decoder(latents.narrow(2, 0, 2), told(kAll));
    const auto longer = decoder(latents, told(kAll)).narrow(2, 0, start.size(2));
    CHECK(at::equal(start, longer) == vae.config.decoder_causal);
  }
}

TEST_CASE("a noise that LTX-2's decoder is told changes its video", "[ltx2][vae]") {
  VaeCase vae("told_noise");
  const auto decoder = vae.decoder();
  const auto& latents = vae.at("latents");
  CHECK(test::scaled_difference(decoder(latents, {0.5}), decoder(latents, {kTold})) > 0.01);
}

TEST_CASE("a single row of reflected latents is repeated", "[ltx2][vae]") {
  VaeCase vae("ltx_2_0");
  const auto latents = drawn({1, vae.config.latent_channels, 2, 1, 3});
  CHECK(vae.decoder()(latents).sizes() == at::IntArrayRef{1, 3, 9, 32, 96});
}

}  // namespace kinema::ltx2
