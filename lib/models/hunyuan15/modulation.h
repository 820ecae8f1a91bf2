// Adaptive layer norm's vectors: what a denoising step's time says to each block, computed for all
// steps before the first.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "nn/elementwise.h"
#include "nn/param_scope.h"

namespace kinema::hunyuan15 {

// One sub-layer's vectors, each [1, 1, C]: x + gate * f(norm(x) * scale + shift). The checkpoint's
// scale lacks the 1 that is added here.
struct Modulation {
  at::Tensor shift, scale, gate;
};

// The norm that is modulated.
constexpr nn::Norm kAdaptiveNorm = {kernels::RowNorm::kLayer, 1e-6};

// The two sub-layers of one stream in one block.
struct StreamModulation {
  Modulation attention, mlp;
};

struct BlockModulation {
  StreamModulation video, text;
};

// Everything that depends on the timestep alone. The layers that make it are a third of the
// checkpoint's parameters: each is read, used for every step and dropped.
class ModulationTable {
 public:
  // t: [n] float32, 0..1000, one for each step. t_r: the time each step goes to, for meanflow
  // models; else undefined.
  ModulationTable(const nn::ParamScope& model,
                  const config::Hunyuan15TransformerConfig& config,
                  const at::Tensor& t,
                  const at::Tensor& t_r = {});

  int64_t steps() const { return time_.size(0); }
  // [n, C]: the time embedding that all the vectors come from.
  const at::Tensor& time() const { return time_; }
  // [1, C]: the text refiner's own time embedding.
  at::Tensor refiner_time(int64_t step) const { return refiner_time_.narrow(0, step, 1); }
  BlockModulation block(int64_t index, int64_t step) const;
  // Before the last projection; it has no gate.
  Modulation output(int64_t step) const;

 private:
  struct Block {
    at::Tensor video, text;  // [n, 6, C]
  };
  at::Tensor time_, refiner_time_, output_;  // the last [n, 2, C]
  std::vector<Block> blocks_;
};

}  // namespace kinema::hunyuan15
