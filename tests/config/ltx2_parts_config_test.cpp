// The configurations of LTX-2's text encoder, connectors, audio VAE and vocoder.
#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/json.h"
#include "config/gemma3_text_config.h"
#include "config/ltx2_audio_config.h"
#include "config/ltx2_connectors_config.h"

using namespace kinema::config;
using kinema::Json;

namespace {

const std::string kParts = KINEMA_TEST_DATA "/ltx2/parts/";

ConfigReader file(const std::string& path) {
  return ConfigReader::open(kParts + path, Strictness::kStrict);
}

ConfigReader object(const Json& json) {
  return ConfigReader(json, "config.json", Strictness::kStrict);
}

}  // namespace

TEST_CASE("Gemma's configuration reads the same in both spellings") {
  for (const auto* path : {"gemma3/model/config.json", "gemma3/config_of_transformers4.json"}) {
    CAPTURE(path);
    const auto config = read_gemma3_text(file(path));
    CHECK(config.vocab_size == 89);
    CHECK(config.hidden_size == 24);
    CHECK(config.head_dim == 8);
    CHECK(config.query_pre_attn_scalar == 5);
    CHECK(config.sliding_window == 6);
    CHECK(config.is_sliding == std::vector<bool>{true, true, true, true, true, false, true});
    CHECK(config.rope(5).theta == 1e6);
    CHECK(config.rope(5).factor == 8);
    CHECK(config.rope(6).theta == 1e4);
    CHECK(config.rope(6).factor == 1);
  }
}

TEST_CASE("a Gemma file that says little means the class's defaults") {
  const auto config =
      read_gemma3_text(object({{"model_type", "gemma3"},
                               {"text_config",
                                {{"hidden_size", 3840},
                                 {"num_hidden_layers", 48},
                                 {"num_attention_heads", 16},
                                 {"num_key_value_heads", 8},
                                 {"sliding_window", 1024},
                                 {"rope_scaling", {{"factor", 8.0}, {"rope_type", "linear"}}}}}}));
  CHECK(config.vocab_size == 262208);
  CHECK(config.head_dim == 256);
  CHECK(config.rope(5).theta == 1e6);
  CHECK(config.rope(5).factor == 8);
  CHECK(config.rope(0).theta == 1e4);
  CHECK(config.rope(0).factor == 1);
  CHECK(config.is_sliding.size() == 48);
  CHECK_FALSE(config.is_sliding[47]);
}

TEST_CASE("layers that a Gemma file lists are believed, and must be all") {
  const Json types = {"full_attention", "sliding_attention"};
  CHECK(read_gemma3_text(object({{"num_hidden_layers", 2}, {"layer_types", types}})).is_sliding ==
        std::vector<bool>{false, true});
  CHECK_THROWS_WITH(read_gemma3_text(object({{"num_hidden_layers", 3}, {"layer_types", types}})),
                    Catch::Contains("layer_types"));
  for (const auto& [key, value] : {std::pair<std::string, Json>{"attention_bias", true},
                                   {"use_bidirectional_attention", true},
                                   {"hidden_activation", "silu"},
                                   {"rope_scaling", {{"rope_type", "yarn"}}}}) {
    CAPTURE(key);
    CHECK_THROWS_AS(read_gemma3_text(object({{key, value}})), kinema::Error);
  }
}

TEST_CASE("connectors of both layouts are read") {
  const auto old = read_ltx2_connectors(object(Json::object()));
  CHECK(old.features() == 188160);
  CHECK(old.rope_type == Ltx2RopeType::kInterleaved);
  CHECK_FALSE(old.per_modality_projections);
  const auto config = read_ltx2_connectors(file("connectors_2_3/model/config.json"));
  CHECK(config.per_modality_projections);
  CHECK(config.proj_bias);
  CHECK(config.video.gated_attn);
  CHECK(config.video.width() == 40);
  CHECK(config.audio.width() == 32);
  CHECK(config.rope_type == Ltx2RopeType::kSplit);
}

TEST_CASE("connectors that do not fit their projections are refused") {
  CHECK_THROWS_WITH(read_ltx2_connectors(object({{"video_connector_attention_head_dim", 64}})),
                    Catch::Contains("caption_channels") && Catch::Contains("1920"));
  CHECK_THROWS_WITH(
      read_ltx2_connectors(object({{"audio_connector_num_learnable_registers", nullptr}})),
      Catch::Contains("audio_connector_num_learnable_registers"));
  CHECK_THROWS_WITH(read_ltx2_connectors(object({{"rope_type", "spiral"}})),
                    Catch::Contains("spiral"));
}

TEST_CASE("the audio VAE's defaults are the released ones") {
  const auto config = read_ltx2_audio_vae(object(Json::object()));
  CHECK(config.token_channels() == 128);
  CHECK(config.mel_frames(126) == 501);
  CHECK_NOTHROW(read_ltx2_audio_vae(object({{"attn_resolutions", Json::array()}})));
  for (const auto& [key, value] : {std::pair<std::string, Json>{"norm_type", "group"},
                                   {"causality_axis", "width"},
                                   {"mid_block_add_attention", true},
                                   {"attn_resolutions", {16}},
                                   {"base_channels", 64}}) {
    CAPTURE(key);
    CHECK_THROWS_WITH(read_ltx2_audio_vae(object({{key, value}})), Catch::Contains(key));
  }
}

TEST_CASE("vocoders of both classes have their own defaults") {
  const auto old = read_ltx2_vocoder(object(Json::object()));
  CHECK_FALSE(old.bandwidth);
  CHECK(old.output_sampling_rate == 24000);
  CHECK(old.generator.upsampling() == 240);
  CHECK(old.generator.activation == Ltx2VocoderActivation::kLeakyRelu);
  CHECK(old.generator.final_activation == Ltx2FinalActivation::kTanh);
  const auto config = read_ltx2_vocoder(object({{"_class_name", "LTX2VocoderWithBWE"}}));
  REQUIRE(config.bandwidth);
  CHECK(config.output_sampling_rate == 48000);
  CHECK(config.generator.upsampling() == 160);
  CHECK(config.generator.antialias);
  CHECK_FALSE(config.generator.final_bias);
  CHECK(config.bandwidth->generator.hidden_channels == 512);
  CHECK(config.bandwidth->generator.final_activation == Ltx2FinalActivation::kNone);
}

TEST_CASE("null for a vocoder's last activation is none, and not the default") {
  const auto config = read_ltx2_vocoder(object({{"final_act_fn", nullptr}}));
  CHECK(config.generator.final_activation == Ltx2FinalActivation::kNone);
}

TEST_CASE("vocoders that cannot be are refused") {
  for (const auto& [key, value] : {std::pair<std::string, Json>{"act_fn", "relu"},
                                   {"final_act_fn", "sigmoid"},
                                   {"upsample_factors", {6, 5}},
                                   {"resnet_dilations", {{1, 3, 5}}},
                                   {"resnet_dilations", {1, 3, 5}},
                                   {"hidden_channels", 8},
                                   {"antialias", true}}) {
    CAPTURE(key, value.dump());
    CHECK_THROWS_AS(read_ltx2_vocoder(object({{key, value}})), kinema::Error);
  }
  CHECK_THROWS_WITH(
      read_ltx2_vocoder(object({{"_class_name", "LTX2VocoderWithBWE"}, {"hop_length", 100}})),
      Catch::Contains("bwe_upsample_factors"));
}
