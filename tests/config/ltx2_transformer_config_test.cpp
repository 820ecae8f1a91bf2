// The configurations of LTX-2's transformer and of its scheduler.
#include "config/ltx2_transformer_config.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/json.h"
#include "config/flow_match_config.h"

using namespace kinema::config;
using kinema::Json;

namespace {

ConfigReader strict(const Json& json) {
  return ConfigReader(json, "config.json", Strictness::kStrict);
}

template <class Read>
std::string refusal(Read read, const Json& json) {
  try {
    read(strict(json));
  } catch (const kinema::Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

Ltx2TransformerConfig stored(const std::string& name) {
  return read_ltx2_transformer(ConfigReader::open(
      KINEMA_TEST_DATA "/ltx2/transformer/" + name + "/config.json", Strictness::kStrict));
}

}  // namespace

TEST_CASE("LTX-2: missing keys are the reference class's defaults") {
  const auto config = read_ltx2_transformer(strict(Json::object()));
  CHECK(config.video.width() == 4096);
  CHECK(config.audio.width() == 2048);
  CHECK(config.video.mlp_width() == 16384);
  CHECK(config.num_layers == 48);
  CHECK(config.rope_type == Ltx2RopeType::kInterleaved);
  CHECK(config.video.modulations() == 6);
  CHECK_FALSE(config.modulates_text());
}

TEST_CASE("LTX-2: stored configurations are understood whole") {
  CHECK(stored("split_2_0").use_prompt_embeddings);
  const auto newer = stored("split_2_3");
  CHECK((newer.video.gated_attn && newer.audio.gated_attn && newer.perturbed_attn));
  CHECK(newer.text_follows_step());
  CHECK(newer.audio.modulations() == 9);
  const auto other = stored("interleaved");
  CHECK((other.modulates_text() && !other.text_follows_step()));
  CHECK((other.video.modulations() == 9 && other.audio.modulations() == 6));
  CHECK((!other.video.ff_bias && other.audio.ff_bias && !other.attention_bias));
  CHECK(other.vae_scale_factors == std::vector<int64_t>{4, 16, 16});
}

TEST_CASE("LTX-2: what cannot be computed is refused") {
  auto refused = [](const Json& json) { return refusal(read_ltx2_transformer, json); };
  CHECK(refused({{"patch_size", 2}}) == R"(config.json: "patch_size" is 2; only 1 is supported)");
  CHECK(refused({{"norm_elementwise_affine", true}}) ==
        R"(config.json: "norm_elementwise_affine" is true; only false is supported)");
  CHECK(
      refused({{"audio_cross_attention_dim", 1024}}) ==
      R"(config.json: "audio_cross_attention_dim" is 1024; the width of the audio (2048) is wanted)");
  CHECK(refused({{"rope_type", "round"}}) ==
        R"(config.json: "rope_type" is "round"; "interleaved" or "split" is wanted)");
  CHECK(
      refused({{"vae_scale_factors", {8, 32}}}) ==
      R"(config.json: "vae_scale_factors" is [8,32]; a list of three positive integers is wanted)");
  CHECK(refused({{"out_channels", 64}}) ==
        R"(config.json: "out_channels" is 64; in_channels (128) is wanted)");
}

TEST_CASE("A scheduler that shifts dynamically is read where it is known") {
  const Json released = {
      {"use_dynamic_shifting", true}, {"base_shift", 0.95},        {"max_shift", 2.05},
      {"base_image_seq_len", 1024},   {"max_image_seq_len", 4096}, {"shift_terminal", 0.1},
      {"time_shift_type", "linear"},  {"invert_sigmas", false}};
  const auto config = read_dynamic_flow_match(strict(released));
  CHECK((config.use_dynamic_shifting && config.shift_terminal == 0.1));
  CHECK((config.base_shift == 0.95 && config.max_image_seq_len == 4096));
  CHECK(config.time_shift_type == TimeShift::kLinear);
  CHECK(read_dynamic_flow_match(strict({{"shift_terminal", nullptr}})).shift_terminal == 0);
  CHECK(refusal(read_flow_match, released) ==
        R"(config.json: "use_dynamic_shifting" is true; only false is supported)");
  CHECK(refusal(read_dynamic_flow_match, {{"shift_terminal", 1.0}}) ==
        R"(config.json: "shift_terminal" is 1.0; a number from 0 and below 1 is wanted)");
  CHECK(refusal(read_dynamic_flow_match, {{"use_karras_sigmas", true}}) ==
        R"(config.json: "use_karras_sigmas" is true; only false is supported)");
}
