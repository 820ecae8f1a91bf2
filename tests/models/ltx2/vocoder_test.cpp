// Waves against the reference's, of every form of the vocoder.
#include "models/ltx2/vocoder.h"

#include <catch2/catch.hpp>

#include "support/tensors.h"
#include "weights/weight_store.h"

namespace {

using kinema::config::Ltx2VocoderConfig;
using kinema::ltx2::Vocoder;
using kinema::test::scaled_difference;

// Of a case, or of a vocoder alone.
std::string folder(const std::string& name) {
  const std::string data = KINEMA_TEST_DATA "/ltx2/";
  return name.size() == 3 ? data + name + "/model/vocoder" : data + "parts/" + name + "/model";
}

Ltx2VocoderConfig settings(const std::string& name) {
  return kinema::config::read_ltx2_vocoder(kinema::config::ConfigReader::open(
      folder(name) + "/config.json", kinema::config::Strictness::kStrict));
}

Vocoder vocoder(const std::string& name, at::ScalarType dtype = at::kFloat) {
  kinema::weights::WeightStore store(kinema::checkpoint::Component::open(folder(name)),
                                     {.dtype = dtype}, Vocoder::names());
  Vocoder out(kinema::nn::ParamScope(store), settings(name));
  CHECK(store.unread().empty());
  return out;
}

std::map<std::string, at::Tensor> expected(const std::string& name) {
  return kinema::test::stored_tensors("ltx2/parts/" + name + "/expected.safetensors");
}

}  // namespace

TEST_CASE("mel spectrograms become the reference's waves") {
  for (const std::string name :
       {"vocoder_2_0", "vocoder_2_3", "vocoder_snake", "vocoder_plain_snakebeta"}) {
    CAPTURE(name);
    const auto stored = expected(name);
    CHECK(scaled_difference(vocoder(name)(stored.at("mel")), stored.at("audio")) < 1e-5);
  }
}

TEST_CASE("stored cases' mel spectrograms become their waves") {
  for (const std::string name : {"t2v", "i2v"}) {
    CAPTURE(name);
    const auto stored = kinema::test::stored_tensors("ltx2/" + name + "/expected.safetensors");
    CHECK(scaled_difference(vocoder(name)(stored.at("mel"))[0], stored.at("audio")) < 1e-5);
  }
}

TEST_CASE("vocoders run in bfloat16") {
  for (const std::string name : {"vocoder_2_0", "vocoder_2_3"}) {
    CAPTURE(name);
    const auto stored = expected(name);
    const auto got = vocoder(name, at::kBFloat16)(stored.at("mel"));
    CHECK(got.scalar_type() == at::kBFloat16);
    CHECK(scaled_difference(got, stored.at("audio")) < 0.1);
  }
}

TEST_CASE("a wave's length follows from the frames") {
  const auto config = settings("vocoder_2_3");
  CHECK(config.output_sampling_rate == 48000);
  for (int64_t frames : {1, 4, 9}) {
    CAPTURE(frames);
    const auto mel = expected("vocoder_2_3").at("mel").narrow(2, 0, frames);
    CHECK(vocoder("vocoder_2_3")(mel).size(2) == frames * config.generator.upsampling() * 3);
  }
}

TEST_CASE("raising a wave's rate keeps what it is") {
  const auto time = at::arange(200, at::kFloat);
  const auto wave = at::sin(time * 0.2).view({1, 1, -1});
  const auto dense = kinema::ltx2::hann_upsampling(3)(wave);
  REQUIRE(dense.size(2) == 600);
  const auto want = at::sin(at::arange(600, at::kFloat) * (0.2 / 3)).view({1, 1, -1});
  // Away from the ends, which are continued by their last value.
  CHECK(scaled_difference(dense.narrow(2, 60, 480), want.narrow(2, 60, 480)) < 5e-3);
}
