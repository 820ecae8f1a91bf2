// Reading the case's files.
#include "models/hunyuan15/transformer_case.h"

#include <filesystem>

#include <ATen/ATen.h>

#include "base/json.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {
namespace {

const std::string kCases = "hunyuan15/";

std::map<std::string, at::Tensor> shards(const std::string& folder) {
  std::map<std::string, at::Tensor> tensors;
  const auto root = std::filesystem::path(KINEMA_TEST_DATA);
  for (const auto& file : std::filesystem::directory_iterator(root / folder)) {
    if (file.path().extension() == ".safetensors") {
      tensors.merge(test::stored_tensors(std::filesystem::relative(file.path(), root).string()));
    }
  }
  for (auto& [name, tensor] : tensors) tensor = tensor.to(at::kFloat);
  return tensors;
}

config::Hunyuan15TransformerConfig read_config(const std::string& folder) {
  auto file = std::filesystem::path(KINEMA_TEST_DATA) / folder / "config.json";
  return config::read_hunyuan15_transformer(
      config::ConfigReader::open(file, config::Strictness::kStrict));
}

Json read_call(const std::string& name) {
  auto file = std::filesystem::path(KINEMA_TEST_DATA) / (kCases + name) / "case.json";
  return read_json(file, ErrorKind::kIo);
}

}  // namespace

TransformerCase::TransformerCase(const std::string& name)
    : config(read_config(kCases + name + "/model/transformer")),
      guidance_scale(read_call(name).at("guidance_scale")),
      shift(read_call(name).at("checkpoint").at("scheduler_shift")),
      expected(test::stored_tensors(kCases + name + "/expected.safetensors")),
      source(shards(kCases + name + "/model/transformer")) {}

std::vector<Condition> TransformerCase::conditions() const {
  auto image = expected.contains("image_embeds") ? at("image_embeds") : at::Tensor();
  return {{at("prompt_embeds"), at("prompt_embeds_2"), image},
          {at("negative_prompt_embeds"), at("negative_prompt_embeds_2"), image}};
}

at::Tensor TransformerCase::constant_channels() const {
  if (!expected.contains("cond_latents")) return {};
  const auto& latents = at("latents_initial");
  auto condition = at::zeros_like(latents), mask = at::zeros_like(latents.narrow(1, 0, 1));
  condition.narrow(2, 0, 1).copy_(at("cond_latents"));
  mask.narrow(2, 0, 1).fill_(1);
  return at::cat({condition, mask}, 1);
}

ModulationTable TransformerCase::modulation() {
  const auto& t = at("timesteps");
  auto t_r =
      config.use_meanflow ? at::cat({t.narrow(0, 1, t.size(0) - 1), at::zeros({1})}) : at::Tensor();
  return ModulationTable(scope(), config, t, t_r);
}

}  // namespace kinema::hunyuan15
