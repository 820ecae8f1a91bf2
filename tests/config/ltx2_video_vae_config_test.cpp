// The configurations of LTX-2's video autoencoder and latent upsampler.
#include "config/ltx2_video_vae_config.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/json.h"
#include "config/ltx2_upsampler_config.h"

using namespace kinema::config;
using kinema::Json;

namespace {

template <class Read>
std::string refusal(Read read, const Json& json) {
  try {
    read(ConfigReader(json, "config.json", Strictness::kStrict));
  } catch (const kinema::Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

Json with(Json json, const char* key, const Json& value) {
  json[key] = value;
  return json;
}

const Json kRatios = {{"spatial_compression_ratio", 32}, {"temporal_compression_ratio", 8}};

}  // namespace

TEST_CASE("LTX-2's autoencoder: missing keys are the reference class's defaults") {
  const auto config =
      read_ltx2_video_vae(ConfigReader(kRatios, "config.json", Strictness::kStrict));
  CHECK(config.latent_channels == 128);
  REQUIRE(config.down.size() == 4);
  CHECK((config.down[0].in == 128 && config.down[3].out == 2048 && config.down[1].resnets == 6));
  CHECK(config.down[0].down == Ltx2Factors{1, 2, 2});
  CHECK(config.encoder_mid_width() == 2048);
  REQUIRE(config.up.size() == 3);
  CHECK((config.decoder_mid_width == 1024 && config.decoder_mid_resnets == 5));
  CHECK((config.up[0].before_up() == 1024 && config.up[0].out == 512 && config.up[2].out == 128));
  CHECK((config.up[0].residual && !config.up[0].widens));
  CHECK((config.decoder_causal && config.decoder_padding == Ltx2Padding::kReflect));
  CHECK(config.frames(16) == 121);
}

TEST_CASE("LTX-2's autoencoder: lists of the decoder are walked backwards, but for the types") {
  const auto config = read_ltx2_video_vae(
      ConfigReader::open(KINEMA_TEST_DATA "/ltx2/vae/ltx_2_3/config.json", Strictness::kStrict));
  REQUIRE(config.up.size() == 4);
  CHECK(config.up[1].resnets == 1);
  CHECK(config.up[2].resnets == 2);
  CHECK(config.up[2].up == Ltx2Factors{2, 1, 1});
  CHECK(config.up[3].up == Ltx2Factors{1, 2, 2});
  CHECK((config.up[1].factor == 1 && config.up[3].factor == 2));
}

TEST_CASE("LTX-2's autoencoder: what cannot be computed is refused") {
  const auto refused = [](const char* key, const Json& value) {
    return refusal(read_ltx2_video_vae, with(kRatios, key, value));
  };
  for (const auto& [key, value] : std::vector<std::pair<const char*, Json>>{
           {"decoder_inject_noise", Json{false, true, false, false}},
           {"upsample_type", Json{"spatial", "spatial", "spatial"}},
           {"upsample_type", Json{"spatial", "sideways", "spatial"}},
           {"upsample_factor", Json{2, 2, 3}},
           {"decoder_block_out_channels", Json{256, 512, 999}},
           {"block_out_channels", Json::array()},
           {"block_out_channels", Json{250, 512, 1024, 2048}},
           {"layers_per_block", Json{4, 6, 6, 2}},
           {"spatio_temporal_scaling", Json{true, true, true}},
           {"decoder_spatial_padding_mode", "replicate"},
           {"spatial_compression_ratio", 64},
           {"temporal_compression_ratio", nullptr},
           {"patch_size_t", 2}}) {
    CAPTURE(key, value);
    CHECK(refused(key, value).find("config.json") != std::string::npos);
  }
  CHECK(refused("decoder_inject_noise", true).find("decoder_inject_noise") != std::string::npos);
  CHECK(refused("nonsense", 1).find("nonsense") != std::string::npos);
}

TEST_CASE("LTX-2's upsampler: its fractions") {
  const auto read = [](const Json& json) {
    return read_ltx2_upsampler(ConfigReader(json, "config.json", Strictness::kStrict));
  };
  const auto usual = read(Json::object());
  CHECK((usual.is_rational() && usual.enlarged == 2 && usual.reduced == 1));
  const auto less = read({{"rational_spatial_scale", 0.75}});
  CHECK((less.enlarged == 3 && less.reduced == 4));
  CHECK_FALSE(read({{"use_rational_resampler", false}}).is_rational());
  for (const Json& json :
       {Json{{"rational_spatial_scale", 3.0}}, Json{{"spatial_upsample", false}},
        Json{{"mid_channels", 40}}, Json{{"dims", 2}, {"temporal_upsample", true}}}) {
    CAPTURE(json);
    CHECK(refusal(read_ltx2_upsampler, json).find("config.json") != std::string::npos);
  }
}
