// LoRA files meet the stored checkpoints: every spelling of names, and what is refused.
#include "plan/lora.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/log.h"
#include "checkpoint/writer.h"
#include "plan/model_facts.h"
#include "support/temp_folder.h"

using namespace kinema;

namespace {

using Specs = std::vector<checkpoint::TensorSpec>;
constexpr auto kF32 = checkpoint::Dtype::kF32;

std::filesystem::path data(const std::string& model) {
  return std::filesystem::path(KINEMA_TEST_DATA) / model / "model";
}

// Factors of a layer in PEFT's spelling.
Specs factors(const std::string& layer, int64_t rows, int64_t columns, int64_t rank = 2) {
  return {{layer + ".lora_A.weight", kF32, {rank, columns}},
          {layer + ".lora_B.weight", kF32, {rows, rank}}};
}

Specs operator+(Specs a, const Specs& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct Files {
  // A file of these tensors, all their values `value`.
  std::filesystem::path write(const Specs& specs,
                              const std::map<std::string, std::string>& metadata = {},
                              float value = 0.5) {
    const auto file = folder / "style.safetensors";
    checkpoint::SafetensorsWriter writer(file, specs, metadata);
    for (const auto& spec : specs) {
      int64_t count = 1;
      for (const auto size : spec.shape) count *= size;
      const std::vector<float> values(static_cast<size_t>(count), value);
      writer.append(spec.name, std::as_bytes(std::span(values)));
    }
    writer.commit();
    return file;
  }
  plan::ModelFacts read(const std::string& model, bool ignores = false, double scale = 1) {
    config::Request request;
    request.model = data(model);
    request.lora = {{folder / "style.safetensors", scale}};
    request.lora_ignore_unmatched = ignores;
    return plan::read_model(request);
  }
  std::string refusal(const std::string& model, bool ignores = false) {
    try {
      read(model, ignores);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kModel);
      auto text = std::string(error.what()) + " | " + error.hint();
      const auto place = folder.path().string() + "/";
      for (auto at = text.find(place); at != std::string::npos; at = text.find(place))
        text.erase(at, place.size());
      return text;
    }
    return "no error";
  }
  test::TempFolder folder;
};

// What is added to a parameter.
const std::vector<checkpoint::LowRank>& added(const plan::ModelFacts& facts,
                                              const std::string& component,
                                              const std::string& parameter) {
  const auto& adapters = facts.component(component).adapters;
  REQUIRE(adapters.contains(parameter));
  return *adapters.find(parameter)->second;
}

const std::string kHunyuan = "hunyuan15/t2v", kLtx = "ltx2/i2v";

}  // namespace

TEST_CASE("a layer is found under the checkpoint's name, whatever stands in front of it") {
  Files files;
  const std::string layer = "transformer_blocks.0.attn.to_q";
  for (const std::string prefix : {"", "transformer.", "diffusion_model.", "base_model.model."}) {
    files.write(factors(prefix + layer, 64, 64));
    const auto facts = files.read(kHunyuan, false, 0.5);
    const auto& list = added(facts, "transformer", layer + ".weight");
    REQUIRE(list.size() == 1);
    CHECK(list[0].scale == 0.5);
    CHECK(list[0].rank() == 2);
    REQUIRE(facts.loras.size() == 1);
    CHECK(facts.loras[0].layers == 1);
    CHECK(facts.loras[0].ranks == std::map<int64_t, int64_t>{{2, 1}});
  }
}

TEST_CASE("kohya's names and alphas are understood") {
  Files files;
  files.write({{"lora_unet_transformer_blocks_1_ff_net_2.lora_down.weight", kF32, {4, 96}},
               {"lora_unet_transformer_blocks_1_ff_net_2.lora_up.weight", kF32, {64, 4}},
               {"lora_unet_transformer_blocks_1_ff_net_2.alpha", kF32, {}},
               {"lora_unet_double_blocks_0_img_attn_k.lora_down.weight", kF32, {4, 64}},
               {"lora_unet_double_blocks_0_img_attn_k.lora_up.weight", kF32, {64, 4}}});
  const auto facts = files.read(kHunyuan);
  CHECK(added(facts, "transformer", "transformer_blocks.1.ff.net.2.weight")[0].scale == 0.125);
  CHECK(added(facts, "transformer", "transformer_blocks.0.attn.to_k.weight")[0].scale == 1);
}

TEST_CASE("PEFT's configuration in a file's metadata gives alphas") {
  Files files;
  const auto q = std::string("transformer.transformer_blocks.0.attn.to_q");
  const auto k = std::string("transformer.transformer_blocks.0.attn.to_k");
  const auto specs = factors(q, 64, 64, 4) + factors(k, 64, 64, 4);
  const auto scales = [&](const std::string& json) {
    files.write(specs, {{"lora_adapter_metadata", json}});
    const auto facts = files.read(kHunyuan);
    return std::pair(added(facts, "transformer", q.substr(12) + ".weight")[0].scale,
                     added(facts, "transformer", k.substr(12) + ".weight")[0].scale);
  };
  CHECK(scales(R"({"transformer.lora_alpha": 8, "transformer.r": 4})") == std::pair(2.0, 2.0));
  CHECK(scales(R"({"lora_alpha": 8, "alpha_pattern": {"attn.to_k": 2}})") == std::pair(2.0, 0.5));
  CHECK(scales(R"({"lora_alpha": 8, "use_rslora": true})") == std::pair(4.0, 4.0));
  CHECK(scales(R"({"other": 1})") == std::pair(1.0, 1.0));

  const auto refusal = [&](const std::string& json) {
    files.write(specs, {{"lora_adapter_metadata", json}});
    return files.refusal(kHunyuan);
  };
  const auto says = [](const std::string& what) {
    return Catch::Contains("style.safetensors: lora_adapter_metadata" + what);
  };
  CHECK_THAT(refusal("[1]"), says(" must be an object, not [1]"));
  CHECK_THAT(refusal(R"({"lora_alpha": "8"})"),
             says(": \"lora_alpha\" must be a number, not \"8\""));
  CHECK_THAT(refusal(R"({"alpha_pattern": 2})"),
             says(": \"alpha_pattern\" must be an object, not 2"));
  CHECK_THAT(refusal(R"({"lora_alpha": 8, "alpha_pattern": {"(": 2}})"),
             says(": \"alpha_pattern\" must be names or regular expressions, not \"(\""));
}

TEST_CASE("names of the original repositories are understood") {
  Files files;
  files.write(factors("double_blocks.1.img_attn.qkv", 192, 64) +
              factors("diffusion_model.double_blocks.0.txt_mlp.fc1", 96, 64) +
              factors("txt_in.individual_token_refiner.blocks.0.self_attn_qkv", 192, 64) +
              factors("final_layer.adaLN_modulation.1", 128, 64) + factors("img_in.proj", 64, 9));
  const auto facts = files.read(kHunyuan);
  const auto& v = added(facts, "transformer", "transformer_blocks.1.attn.to_v.weight")[0];
  CHECK(v.first_row == 128);
  CHECK(v.up.entry.shape == std::vector<int64_t>{192, 2});
  CHECK(added(facts, "transformer", "norm_out.linear.weight")[0].turn == 64);
  CHECK(facts.component("transformer").adapters.size() == 9);
  CHECK(facts.loras[0].layers == 5);

  files.write(factors("diffusion_model.patchify_proj", 32, 8) +
              factors("diffusion_model.audio_adaln_single.linear", 144, 16) +
              factors("diffusion_model.transformer_blocks.0.attn1.to_out.0", 32, 32) +
              factors("text_embedding_projection.video_aggregate_embed", 32, 256) +
              factors("connectors.audio_connector.transformer_blocks.0.ff.net.2", 16, 64));
  const auto ltx = files.read(kLtx);
  for (const char* name :
       {"proj_in", "audio_time_embed.linear", "transformer_blocks.0.attn1.to_out.0"})
    CHECK(ltx.component("transformer").adapters.contains(name + std::string(".weight")));
  CHECK(ltx.component("connectors").adapters.size() == 2);
}

TEST_CASE("what does not fit is refused in a sentence") {
  Files files;
  const auto good = factors("transformer_blocks.0.attn.to_q", 64, 64);
  files.write(good + factors("lora_te_text_model.encoder", 8, 8) + Specs{{"x.diff", kF32, {3}}});
  CHECK(files.refusal(kHunyuan) ==
        "style.safetensors: 3 of 5 keys match no layer of HunyuanVideo 1.5, first: x.diff | "
        "--lora-ignore-unmatched to use the rest");
  mute_log();
  CHECK(files.read(kHunyuan, true).loras[0].layers == 1);

  files.write(factors("lora_te_text_model.encoder", 8, 8));
  CHECK_THAT(files.refusal(kHunyuan, true), Catch::Contains("2 of 2 keys match no layer"));
  files.write({{"a.weight", kF32, {4, 4}}});
  CHECK_THAT(files.refusal(kHunyuan), Catch::Contains("holds no low-rank adapters"));
  files.write(factors("transformer_blocks.0.attn.to_q", 64, 48));
  CHECK_THAT(
      files.refusal(kHunyuan),
      Catch::Contains("style.safetensors: \"transformer_blocks.0.attn.to_q\" changes a "
                      "matrix of 64 x 48, but transformer_blocks.0.attn.to_q.weight is 64 x 64"));
  files.write({good[0], {"transformer_blocks.0.attn.to_q.lora_B.weight", kF32, {64, 3}}});
  CHECK_THAT(files.refusal(kHunyuan),
             Catch::Contains("has factors of different ranks: [2, 64] and [64, 3]"));
  files.write(factors("transformer_blocks.0.attn.to_q", 64, 64, 0));
  CHECK_THAT(files.refusal(kHunyuan), Catch::Contains("has an empty factor: [0, 64] and [64, 0]"));
  files.write({good[1]});
  CHECK_THAT(files.refusal(kHunyuan), Catch::Contains("has only one of its two factors"));
}
