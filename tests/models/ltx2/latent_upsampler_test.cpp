// The latent upsampler against the reference.
#include "models/ltx2/latent_upsampler.h"

#include <filesystem>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "support/map_source.h"
#include "support/tensors.h"

namespace kinema::ltx2 {
namespace {

std::map<std::string, at::Tensor> floats(std::map<std::string, at::Tensor> tensors) {
  for (auto& [name, tensor] : tensors) tensor = tensor.to(at::kFloat);
  return tensors;
}

}  // namespace

TEST_CASE("upsampled latents are the reference's", "[ltx2][upsampler]") {
  for (const std::string name : {"rational_3_2", "plain", "temporal", "both", "frames"}) {
    CAPTURE(name);
    const auto folder = "ltx2/vae/upsampler/" + name;
    const auto file = std::filesystem::path(KINEMA_TEST_DATA) / folder / "config.json";
    const auto config =
        config::read_ltx2_upsampler(config::ConfigReader::open(file, config::Strictness::kStrict));
    test::MapSource source(
        floats(test::stored_tensors(folder + "/diffusion_pytorch_model.safetensors")));
    const LatentUpsampler upsampler(nn::ParamScope(source), config);
    CHECK(source.taken().size() == source.tensors().size());

    const auto want = test::stored_tensors(folder + "/expected.safetensors");
    const auto& latents = want.at("latents");
    const auto got = upsampler(latents);
    CHECK(test::scaled_difference(got, want.at("upsampled")) < 1e-5);
    CHECK(test::scaled_difference(with_statistics_of(got, latents, 0.7), want.at("adain")) < 1e-5);
    CHECK(test::scaled_difference(tone_mapped(got, 0.6), want.at("tone_mapped")) < 1e-5);
  }
}

}  // namespace kinema::ltx2
