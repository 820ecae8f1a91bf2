// A stored case: a tiny video autoencoder and what the reference computed with it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/ltx2_video_vae_config.h"
#include "models/ltx2/vae_decoder.h"
#include "models/ltx2/vae_encoder.h"
#include "support/map_source.h"

namespace kinema::ltx2 {

inline const std::vector<std::string> kVaeCases = {"ltx_2_0", "ltx_2_3", "told_noise", "widening"};

struct VaeCase {
  // name: a folder of tests/data/ltx2/vae. Weights are turned into `type`.
  explicit VaeCase(const std::string& name, at::ScalarType type = at::kFloat);

  nn::ParamScope scope() { return nn::ParamScope(source); }
  VideoDecoder decoder() { return VideoDecoder(scope() / "decoder", config); }
  VideoEncoder encoder() { return VideoEncoder(scope() / "encoder", config); }
  const at::Tensor& at(const std::string& tensor) const { return expected.at(tensor); }
  at::Tensor pixels() const;  // [1, 3, 9, 64, 96]

  config::Ltx2VideoVaeConfig config;
  std::map<std::string, at::Tensor> expected;
  test::MapSource source;
};

// What the reference was told where it is told anything.
inline constexpr double kTold = 0.05;

// The rows and columns that are stored of a video.
at::Tensor sampled(const at::Tensor& video);

// Reproducible values in about -2..2.
at::Tensor drawn(at::IntArrayRef shape, uint64_t seed = 1);

}  // namespace kinema::ltx2
