// The audio decoder against the reference's.
#include "models/ltx2/audio_vae.h"

#include <catch2/catch.hpp>

#include "support/tensors.h"
#include "weights/weight_store.h"

namespace {

using kinema::ltx2::AudioVae;
using kinema::test::scaled_difference;

AudioVae opened(const std::string& folder, at::ScalarType dtype = at::kFloat) {
  kinema::weights::WeightStore store(kinema::checkpoint::Component::open(folder), {.dtype = dtype},
                                     AudioVae::names());
  const auto config = kinema::config::read_ltx2_audio_vae(kinema::config::ConfigReader::open(
      folder + "/config.json", kinema::config::Strictness::kStrict));
  AudioVae out(kinema::nn::ParamScope(store), config);
  CHECK(store.unread().empty());
  return out;
}

AudioVae audio_vae(const std::string& name, at::ScalarType dtype = at::kFloat) {
  return opened(KINEMA_TEST_DATA "/ltx2/parts/" + name + "/model", dtype);
}

std::map<std::string, at::Tensor> expected(const std::string& name) {
  return kinema::test::stored_tensors("ltx2/parts/" + name + "/expected.safetensors");
}

}  // namespace

TEST_CASE("latents of sound become the reference's mel spectrogram") {
  for (const std::string name : {"audio_vae", "audio_vae_short"}) {
    CAPTURE(name);
    const auto stored = expected(name);
    CHECK(scaled_difference(audio_vae(name).decode(stored.at("latents")), stored.at("mel")) < 1e-5);
    const auto rough = audio_vae(name, at::kBFloat16).decode(stored.at("latents"));
    CHECK(rough.scalar_type() == at::kBFloat16);
    CHECK(scaled_difference(rough, stored.at("mel")) < 5e-2);
  }
}

TEST_CASE("stored cases' last latents become their mel spectrograms") {
  for (const std::string name : {"t2v", "i2v"}) {
    CAPTURE(name);
    const auto stored = kinema::test::stored_tensors("ltx2/" + name + "/expected.safetensors");
    const auto vae = opened(KINEMA_TEST_DATA "/ltx2/" + name + "/model/audio_vae");
    const auto& last = stored.at("audio_latents_final");
    const auto tokens = vae.denormalised(kinema::ltx2::packed_audio(last));
    const auto latents = kinema::ltx2::unpacked_audio(tokens, last.size(1));
    CHECK(scaled_difference(latents, stored.at("audio_vae_decoder_input")) < 1e-6);
    CHECK(scaled_difference(vae.decode(latents), stored.at("mel")) < 1e-5);
  }
}

TEST_CASE("a single latent frame is a single mel frame") {
  const auto latents = expected("audio_vae").at("latents").narrow(2, 0, 1);
  CHECK(audio_vae("audio_vae").decode(latents).sizes() == at::IntArrayRef{1, 2, 1, 16});
}

TEST_CASE("tokens are normalised by feature and packed channel by channel") {
  const auto latents = at::arange(2 * 3 * 4, at::kFloat).view({1, 2, 3, 4});
  const auto tokens = kinema::ltx2::packed_audio(latents);
  CHECK(tokens.sizes() == at::IntArrayRef{1, 3, 8});
  CHECK(tokens[0][1][6].item<float>() == latents[0][1][1][2].item<float>());
  CHECK(at::equal(kinema::ltx2::unpacked_audio(tokens, 2), latents));
  const auto vae = audio_vae("audio_vae");
  const auto some = at::randn({1, 3, 16});
  CHECK(scaled_difference(vae.normalised(vae.denormalised(some)), some) < 1e-5);
  CHECK(scaled_difference(vae.denormalised(some), some) > 1e-2);
}
