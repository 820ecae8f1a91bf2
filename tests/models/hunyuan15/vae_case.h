// A stored case's autoencoder and what the reference computed with it.
#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "models/hunyuan15/vae_decoder.h"
#include "models/hunyuan15/vae_encoder.h"
#include "nn/param_scope.h"
#include "plan/tiles.h"
#include "support/map_source.h"

namespace kinema::hunyuan15 {

struct VaeCase {
  // name: "t2v" or "i2v", a folder of tests/data/hunyuan15. Weights are turned into `type`.
  explicit VaeCase(const std::string& name, at::ScalarType type = at::kFloat);

  nn::ParamScope scope() { return nn::ParamScope(source); }
  VideoDecoder decoder() { return VideoDecoder(scope() / "decoder", config); }
  VideoEncoder encoder() { return VideoEncoder(scope() / "encoder", config); }
  const at::Tensor& at(const std::string& tensor) const { return expected.at(tensor); }
  // What the decoder is given at the end of the case's run.
  at::Tensor latents() const { return decodable(at("latents_final"), config); }

  config::Hunyuan15VaeConfig config;
  plan::Tiling tiling;
  std::map<std::string, at::Tensor> expected;
  test::MapSource source;
};

// [1, 3, F, H, W] -> [F, H, W, 3] in 0..1, as the reference stores videos.
at::Tensor stored_form(const at::Tensor& pixels);

// Reproducible values in about -2..2.
at::Tensor noise(at::IntArrayRef shape, uint64_t seed = 1);

}  // namespace kinema::hunyuan15
