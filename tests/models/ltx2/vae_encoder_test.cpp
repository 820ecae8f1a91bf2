// The encoder and the latents' statistics against the reference.
#include "models/ltx2/vae_encoder.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "models/ltx2/vae_case.h"
#include "models/ltx2/vae_statistics.h"
#include "support/tensors.h"

namespace kinema::ltx2 {

TEST_CASE("LTX-2's encoded pixels are the reference's latents", "[ltx2][vae]") {
  for (const auto& name : kVaeCases) {
    CAPTURE(name);
    VaeCase vae(name);
    const auto encoder = vae.encoder();
    const auto pixels = vae.pixels();
    CHECK(test::scaled_difference(encoder(pixels), vae.at("encoded")) < 1e-5);
    const auto picture = encoder(pixels.narrow(2, 0, 1));
    CHECK(test::scaled_difference(picture, vae.at("encoded_picture")) < 1e-5);
    CHECK_THROWS_AS(encoder(pixels.narrow(2, 0, 3)), Error);
  }
}

TEST_CASE("LTX-2's encoder takes every weight of the encoder", "[ltx2][vae]") {
  for (const auto& name : kVaeCases) {
    VaeCase vae(name);
    vae.encoder();
    for (const auto& [weight, tensor] : vae.source.tensors()) {
      CAPTURE(name, weight);
      CHECK(vae.source.taken().contains(weight) == weight.starts_with("encoder."));
    }
  }
}

TEST_CASE("LTX-2's latents are normalised and brought back", "[ltx2][vae]") {
  VaeCase vae("told_noise");
  const LatentStatistics statistics(vae.scope(), vae.config);
  const auto& latents = vae.at("latents");
  const auto mean = vae.source.tensors().at("latents_mean").view({1, -1, 1, 1, 1});
  const auto std = vae.source.tensors().at("latents_std").view({1, -1, 1, 1, 1});
  CHECK(test::scaled_difference(statistics.denormalised(latents), latents * std / 0.8 + mean) <
        1e-6);
  CHECK(test::scaled_difference(statistics.normalised(statistics.denormalised(latents)), latents) <
        1e-5);
  CHECK(test::scaled_difference(statistics.normalised_picture(latents), (latents - mean) / std) <
        1e-6);
}

}  // namespace kinema::ltx2
