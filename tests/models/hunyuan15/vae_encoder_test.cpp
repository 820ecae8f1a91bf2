// The encoder against the reference, and whole against part by part.
#include "models/hunyuan15/vae_encoder.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "models/hunyuan15/vae_case.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {

TEST_CASE("an encoded picture is the reference's condition", "[vae]") {
  VaeCase vae("i2v");
  const auto moments = vae.encoder()(vae.at("vae_image_pixels").unsqueeze(2));
  CHECK(test::scaled_difference(moments, vae.at("vae_encoder_moments")) < 1e-5);
  CHECK(test::scaled_difference(latents_of(moments, vae.config), vae.at("cond_latents")) < 1e-5);
}

TEST_CASE("encoding takes every weight of the encoder", "[vae]") {
  VaeCase vae("i2v");
  vae.encoder();
  for (const auto& [name, tensor] : vae.source.tensors()) {
    CHECK(vae.source.taken().contains(name) == name.starts_with("encoder."));
  }
}

TEST_CASE("encoding in parts changes no bit", "[vae]") {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const std::string name : {"t2v", "i2v"}) {
      VaeCase vae(name, type);
      const auto encoder = vae.encoder();
      const auto pixels = noise({1, 3, 13, 48, 32}).to(type);
      const auto whole = encoder(pixels);
      REQUIRE(whole.sizes() == at::IntArrayRef{1, 2 * vae.config.latent_channels, 4, 3, 2});
      for (const int64_t frames : {1, 2, 3}) {
        CHECK(at::equal(encode_in_parts(encoder, pixels, frames), whole));
      }
      CHECK(at::equal(encoder(pixels.narrow(2, 0, 1)), whole.narrow(2, 0, 1)));
    }
  }
}

TEST_CASE("frames that are no whole groups are refused", "[vae]") {
  VaeCase vae("t2v");
  const auto encoder = vae.encoder();
  CHECK_THROWS_AS(encoder(noise({1, 3, 4, 16, 16})), Error);
}

}  // namespace kinema::hunyuan15
