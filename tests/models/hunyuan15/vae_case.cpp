// Reading the case's files.
#include "models/hunyuan15/vae_case.h"

#include <filesystem>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "base/json.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {
namespace {

namespace fs = std::filesystem;

std::map<std::string, at::Tensor> shards(const fs::path& folder, at::ScalarType type) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& file : fs::directory_iterator(fs::path(KINEMA_TEST_DATA) / folder)) {
    if (file.path().extension() == ".safetensors") {
      tensors.merge(test::stored_tensors((folder / file.path().filename()).string()));
    }
  }
  for (auto& [name, tensor] : tensors) tensor = tensor.to(type);
  return tensors;
}

}  // namespace

VaeCase::VaeCase(const std::string& name, at::ScalarType type)
    : expected(test::stored_tensors("hunyuan15/" + name + "/expected.safetensors")),
      source(shards(fs::path("hunyuan15") / name / "model/vae", type)) {
  const auto folder = fs::path(KINEMA_TEST_DATA) / "hunyuan15" / name;
  config = config::read_hunyuan15_vae(
      config::ConfigReader::open(folder / "model/vae/config.json", config::Strictness::kStrict));
  const auto stored = read_json(folder / "case.json", ErrorKind::kIo).at("tiling");
  tiling = {stored.at("size"), stored.at("stride")};
}

at::Tensor stored_form(const at::Tensor& pixels) {
  return (pixels[0].permute({1, 2, 3, 0}) / 2 + 0.5).clamp(0, 1);
}

at::Tensor noise(at::IntArrayRef shape, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed));
}

}  // namespace kinema::hunyuan15
