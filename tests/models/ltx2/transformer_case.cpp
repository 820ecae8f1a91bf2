// Reading the case's files.
#include "models/ltx2/transformer_case.h"

#include <algorithm>
#include <filesystem>

#include <ATen/ops/equal.h>

#include "support/tensors.h"

namespace kinema::ltx2 {
namespace {

std::map<std::string, at::Tensor> weights(const std::string& folder) {
  auto tensors = test::stored_tensors(folder + "/diffusion_pytorch_model.safetensors");
  for (auto& [name, tensor] : tensors) tensor = tensor.to(at::kFloat);
  return tensors;
}

config::Ltx2TransformerConfig read_config(const std::string& folder) {
  auto file = std::filesystem::path(KINEMA_TEST_DATA) / folder / "config.json";
  return config::read_ltx2_transformer(
      config::ConfigReader::open(file, config::Strictness::kStrict));
}

}  // namespace

TransformerCase::TransformerCase(const std::string& name)
    : folder("ltx2/transformer/" + name),
      config(read_config(folder)),
      expected(test::stored_tensors(folder + "/expected.safetensors")),
      source(weights(folder)) {}

Streams TransformerCase::pair(const std::string& prefix) const {
  return {at(prefix + ".video"), at(prefix + ".audio")};
}

std::shared_ptr<const ModulationTable> TransformerCase::modulation(const std::string& kind) {
  auto levels = kind == "plain" ? NoiseLevels(video_tokens()) : NoiseLevels(at("fixed"));
  const auto cross = kind == "fixed_own" ? CrossTime::kOwn : CrossTime::kOther;
  return std::make_shared<const ModulationTable>(nn::ParamScope(source), config, at("times"),
                                                 levels, cross);
}

std::vector<Pass> TransformerCase::passes() const {
  std::vector<Pass> passes = {{.condition = 0}, {.condition = 1}, {}, {.isolated = true}};
  if (config.perturbed_attn) passes[2].perturbed = {1};
  return passes;
}

Streams TransformerCase::velocity(const std::string& kind, int64_t step, size_t pass) const {
  return pair(kind + "." + std::to_string(step) + "." + kPasses.at(pass));
}

double scaled_difference(const Streams& got, const Streams& want) {
  return std::max(test::scaled_difference(got.video, want.video),
                  test::scaled_difference(got.audio, want.audio));
}

bool equal(const Streams& a, const Streams& b) {
  return at::equal(a.video, b.video) && at::equal(a.audio, b.audio);
}

}  // namespace kinema::ltx2
