// The HunyuanVideo 1.5 transformer: latents and a condition at one time in, velocity out.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "models/hunyuan15/block.h"
#include "models/hunyuan15/condition_embedder.h"
#include "models/hunyuan15/embeddings.h"
#include "models/hunyuan15/modulation.h"
#include "nn/residual.h"
#include "nn/seams.h"

namespace kinema::hunyuan15 {

// All that no step of a generation changes: made once by Transformer::prepare.
struct Prepared {
  TokenGrid grid;
  nn::Rotary rotary;  // of the tokens that are worked on here
  std::shared_ptr<const ModulationTable> modulation;
  std::vector<ConditionEmbedder::Prepared> conditions;

  int64_t tokens() const { return grid[0] * grid[1] * grid[2]; }
};

class Transformer {
 public:
  // The AdaLN layers are not taken here: ModulationTable reads them.
  Transformer(const nn::ParamScope& model,
              const config::Hunyuan15TransformerConfig& config,
              const nn::Seams& seams);

  // latents: their shape, [1, C, T, H, W], each of T, H, W a multiple of its patch. One condition
  // for each guidance branch.
  Prepared prepare(at::IntArrayRef latents,
                   std::shared_ptr<const ModulationTable> modulation,
                   const std::vector<Condition>& conditions) const;

  // The velocity [1, out_channels, T, H, W], in the parameters' type, of each of `branches`
  // (indices of the prepared conditions). input: [1, c, T, H, W], latents and then what they are
  // conditioned on; channels behind the c-th are zero.
  std::vector<at::Tensor> velocity(const Prepared& prepared,
                                   const at::Tensor& input,
                                   int64_t step,
                                   std::span<const size_t> branches) const;

 private:
  struct Streams {
    nn::Residual video, text;
  };
  std::vector<Streams> embedded(const Prepared& prepared,
                                const at::Tensor& input,
                                int64_t step,
                                std::span<const size_t> branches) const;
  at::Tensor projected(const Prepared& prepared, const nn::Residual& video, int64_t step) const;

  config::Hunyuan15TransformerConfig config_;
  nn::Seams seams_;
  PatchEmbedding embed_video_;
  ConditionEmbedder embed_condition_;
  std::vector<DualStreamBlock> blocks_;
  LastBlock last_block_;
  nn::Linear project_;
};

// The scopes of the blocks, in the order of their use and of nn::BlockWeights' indices.
std::vector<std::string> block_prefixes(const config::Hunyuan15TransformerConfig& config);

// Parameters that every checkpoint has and no result depends on: the end of the last block's text
// stream.
std::vector<std::string> unused_parameters(const config::Hunyuan15TransformerConfig& config);

}  // namespace kinema::hunyuan15
