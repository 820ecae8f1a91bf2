// Reading the case's files.
#include "models/ltx2/vae_case.h"

#include <filesystem>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "support/tensors.h"

namespace kinema::ltx2 {
namespace {

std::map<std::string, at::Tensor> weights(const std::string& folder, at::ScalarType type) {
  auto tensors = test::stored_tensors(folder + "/diffusion_pytorch_model.safetensors");
  for (auto& [name, tensor] : tensors) tensor = tensor.to(type);
  return tensors;
}

}  // namespace

VaeCase::VaeCase(const std::string& name, at::ScalarType type)
    : expected(test::stored_tensors("ltx2/vae/" + name + "/expected.safetensors")),
      source(weights("ltx2/vae/" + name, type)) {
  const auto folder = std::filesystem::path(KINEMA_TEST_DATA) / "ltx2/vae" / name;
  config = config::read_ltx2_video_vae(
      config::ConfigReader::open(folder / "config.json", config::Strictness::kStrict));
}

at::Tensor VaeCase::pixels() const { return at("levels").to(at::kFloat) / 127.5 - 1; }

at::Tensor sampled(const at::Tensor& video) {
  return video.slice(3, 0, std::nullopt, 5).slice(4, 0, std::nullopt, 3);
}

at::Tensor drawn(at::IntArrayRef shape, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed));
}

}  // namespace kinema::ltx2
