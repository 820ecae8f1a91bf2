// What diffusers and transformers write for these classes is read without a warning; what is not
// supported is refused.
#include "config/hunyuan15_config.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "base/json.h"

namespace {

using namespace kinema::config;
using kinema::Json;

ConfigReader strict(const Json& object) {
  return ConfigReader(object, "config.json", Strictness::kStrict);
}

ConfigReader stored(const std::string& path) {
  return ConfigReader::open(std::filesystem::path(KINEMA_TEST_DATA) / "hunyuan15" / path,
                            Strictness::kStrict);
}

template <typename Read>
std::string refusal(Read read, const Json& object) {
  try {
    read(strict(object));
  } catch (const kinema::Error& error) {
    CHECK(error.kind() == kinema::ErrorKind::kModel);
    return error.what();
  }
  return "no error";
}

// As transformers 4.57 writes the released text encoder's.
const auto kQwen4 = Json::parse(R"({
  "architectures": ["Qwen2_5_VLTextModel"], "attention_dropout": 0.0, "bos_token_id": 151643, "dtype": "bfloat16",
  "eos_token_id": 151645, "hidden_act": "silu", "hidden_size": 3584, "image_token_id": null,
  "initializer_range": 0.02, "intermediate_size": 18944, "layer_types": ["full_attention", "full_attention"],
  "max_position_embeddings": 128000, "max_window_layers": 28, "model_type": "qwen2_5_vl_text",
  "num_attention_heads": 28, "num_hidden_layers": 28, "num_key_value_heads": 4, "rms_norm_eps": 1e-06,
  "rope_scaling": {"mrope_section": [16, 24, 24], "rope_type": "default", "type": "default"},
  "rope_theta": 1000000.0, "sliding_window": null, "transformers_version": "4.57.1", "use_cache": true,
  "use_sliding_window": false, "video_token_id": null, "vision_end_token_id": 151653,
  "vision_start_token_id": 151652, "vision_token_id": 151654, "vocab_size": 152064})");

}  // namespace

TEST_CASE("the stored checkpoints' configurations are understood whole") {
  for (const std::string model : {"t2v/model/", "i2v/model/"}) {
    CAPTURE(model);
    const auto transformer = read_hunyuan15_transformer(stored(model + "transformer/config.json"));
    CHECK(transformer.width() == 64);
    CHECK(transformer.rope_axes_dim == std::vector<int64_t>{4, 6, 6});
    CHECK(transformer.use_meanflow == (model == "i2v/model/"));
    CHECK(read_hunyuan15_vae(stored(model + "vae/config.json")).latent_channels == 4);
    const auto qwen = read_qwen_text(stored(model + "text_encoder/config.json"));
    CHECK(qwen.hidden_size == 32);
    CHECK(qwen.head_dim == 8);
    CHECK(qwen.rope_theta == 1e6);
    CHECK(read_t5_encoder(stored(model + "text_encoder_2/config.json")).d_kv == 6);
    CHECK(read_flow_match(stored(model + "scheduler/scheduler_config.json")).shift > 1);
    CHECK(read_guider(stored(model + "guider/guider_config.json")).enabled);
  }
  CHECK(read_siglip_vision(stored("i2v/model/image_encoder/config.json")).image_size == 45);
  CHECK(read_siglip_processor(stored("i2v/model/feature_extractor/preprocessor_config.json"))
            .height == 45);
}

TEST_CASE("missing keys are the reference classes' defaults") {
  const auto transformer = read_hunyuan15_transformer(strict(Json::object()));
  CHECK(transformer.width() == 2048);
  CHECK(transformer.mlp_width() == 8192);
  CHECK(read_qwen_text(strict(Json::object())).rms_norm_eps == 1e-5);
  CHECK(read_siglip_vision(strict(Json::object())).patch_size == 16);
  CHECK(read_siglip_processor(strict(Json::object())).width == 224);
  CHECK(read_flow_match(strict(Json::object())).shift == 1);
  CHECK(read_guider(strict(Json::object())).guidance_scale == 7.5);
  CHECK(read_hunyuan15_vae(strict(Json::object())).scaling_factor == 1.03682);
  // T5's own default feed-forward is the one that ByT5 does not have.
  CHECK(refusal(read_t5_encoder, Json::object()) ==
        R"(config.json: "feed_forward_proj" is missing; only "gated-gelu" is supported)");
  CHECK(read_t5_encoder(strict({{"feed_forward_proj", "gated-gelu"}})).vocab_size == 32128);
}

TEST_CASE("the text encoder's rope keys are read as transformers 4 and 5 write them") {
  CHECK(read_qwen_text(strict(kQwen4)).head_dim == 128);
  auto older = kQwen4;
  older["rope_scaling"] = {{"mrope_section", {16, 24, 24}}, {"type", "mrope"}};
  older["rope_theta"] = 5e5;
  CHECK(read_qwen_text(strict(older)).rope_theta == 5e5);
  auto newer = kQwen4;
  newer.erase("rope_scaling");
  newer.erase("rope_theta");
  newer["rope_parameters"] = {
      {"mrope_section", {16, 24, 24}}, {"rope_theta", 2e6}, {"rope_type", "default"}};
  CHECK(read_qwen_text(strict(newer)).rope_theta == 2e6);
  auto scaled = kQwen4;
  scaled["rope_scaling"] = {{"rope_type", "yarn"}, {"factor", 4.0}};
  CHECK(refusal(read_qwen_text, scaled) ==
        R"(config.json: "rope_scaling.rope_type" is "yarn"; "default" or "mrope" is wanted)");
}

TEST_CASE("a composite model's file is read through its inner object") {
  const Json whole = {
      {"model_type", "qwen2_5_vl"}, {"text_config", kQwen4}, {"vision_config", {{"depth", 32}}}};
  CHECK(read_qwen_text(strict(whole)).num_hidden_layers == 28);
  const Json siglip = {{"vision_config", {{"hidden_size", 1152}, {"num_attention_heads", 16}}},
                       {"text_config", {}}};
  CHECK(read_siglip_vision(strict(siglip)).hidden_size == 1152);
}

TEST_CASE("what the program does not compute is refused") {
  const auto qwen = [](const char* key, const Json& value) {
    auto object = kQwen4;
    object[key] = value;
    return refusal(read_qwen_text, object);
  };
  CHECK(qwen("hidden_act", "gelu") ==
        R"(config.json: "hidden_act" is "gelu"; only "silu" is supported)");
  CHECK(qwen("use_sliding_window", true) ==
        R"(config.json: "use_sliding_window" is true; only false is supported)");
  CHECK(
      qwen("layer_types", {"sliding_attention"}) ==
      R"(config.json: "layer_types" is ["sliding_attention"]; "full_attention" in every layer is wanted)");
  CHECK(qwen("num_key_value_heads", 5) ==
        R"(config.json: "num_key_value_heads" is 5; a divisor of num_attention_heads is wanted)");
  CHECK(qwen("head_dim", 64) == R"(config.json: "head_dim" is 64; only 128 is supported)");
  CHECK(qwen("quantization_config", {{"bits", 4}}) ==
        R"(config.json: "quantization_config" is {"bits":4}; only null is supported)");
  CHECK(refusal(read_t5_encoder, {{"feed_forward_proj", "relu"}}) ==
        R"(config.json: "feed_forward_proj" is "relu"; only "gated-gelu" is supported)");
  CHECK(refusal(read_siglip_vision, {{"hidden_act", "gelu"}}) ==
        R"(config.json: "hidden_act" is "gelu"; only "gelu_pytorch_tanh" is supported)");
  CHECK(refusal(read_siglip_processor, {{"resample", 2}}) ==
        R"(config.json: "resample" is 2; only 3 is supported)");
  CHECK(refusal(read_siglip_processor, {{"image_mean", {0.5}}}) ==
        R"(config.json: "image_mean" is [0.5]; a list of three numbers is wanted)");
  CHECK(refusal(read_siglip_processor, {{"size", 384}}) ==
        R"(config.json: "size" is 384; an object is wanted)");
}

TEST_CASE("a transformer that cannot be is refused") {
  const auto refused = [](const Json& object) {
    return refusal(read_hunyuan15_transformer, object);
  };
  CHECK(refused({{"qk_norm", "layer_norm"}}) ==
        R"(config.json: "qk_norm" is "layer_norm"; only "rms_norm" is supported)");
  CHECK(
      refused({{"in_channels", 98}}) ==
      R"(config.json: "in_channels" is 98; 2 * out_channels + 1 (latents, condition latents, mask) is wanted)");
  CHECK(
      refused({{"rope_axes_dim", {16, 56, 54}}}) ==
      R"(config.json: "rope_axes_dim" is [16,56,54]; three even numbers whose sum is attention_head_dim (128) is wanted)");
  CHECK(refused({{"num_layers", 0}}) ==
        R"(config.json: "num_layers" is 0; a positive integer is wanted)");
  CHECK(refused({{"num_layer", 54}}) ==
        R"(config.json: "num_layer" is not a key that is known here)");
}

TEST_CASE("VAE, scheduler and guider values are checked") {
  CHECK(refusal(read_hunyuan15_vae, {{"upsample_match_channel", false}}) ==
        R"(config.json: "upsample_match_channel" is false; only true is supported)");
  CHECK(refusal(read_hunyuan15_vae, {{"spatial_compression_ratio", 12}}) ==
        R"(config.json: "spatial_compression_ratio" is 12; a power of two is wanted)");
  CHECK(
      refusal(read_hunyuan15_vae, {{"block_out_channels", {8, 8, 8, 8}}}) ==
      R"(config.json: "block_out_channels" is [8,8,8,8]; a list of more than 4 positive integers is wanted)");
  for (const char* key : {"use_dynamic_shifting", "invert_sigmas", "stochastic_sampling",
                          "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"}) {
    CHECK(refusal(read_flow_match, {{key, true}}) ==
          "config.json: \"" + std::string(key) + "\" is true; only false is supported");
  }
  CHECK(refusal(read_flow_match, {{"shift_terminal", 0.1}}) ==
        R"(config.json: "shift_terminal" is 0.1; only null is supported)");
  CHECK(refusal(read_flow_match, {{"shift", 0}}) ==
        R"(config.json: "shift" is 0; a positive number is wanted)");
  CHECK(refusal(read_guider, {{"start", 1.0}}) ==
        R"(config.json: "start" is 1.0; a number from 0 and below 1 is wanted)");
  CHECK(refusal(read_guider, {{"start", 0.5}, {"stop", 0.25}}) ==
        R"(config.json: "stop" is 0.25; a number from start to 1 is wanted)");
}
