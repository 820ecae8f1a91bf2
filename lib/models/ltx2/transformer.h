// The LTX-2 transformer: noisy video and sound, each condition at one time in, velocities of both
// out.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/ltx2_transformer_config.h"
#include "models/ltx2/block.h"
#include "models/ltx2/modulation.h"
#include "models/ltx2/rotary.h"
#include "nn/layers.h"
#include "nn/seams.h"

namespace kinema::ltx2 {

// One prediction of a step.
struct Pass {
  size_t condition = 0;                 // index of the prepared conditions
  std::vector<int64_t> perturbed = {};  // blocks in which every token attends to itself alone
  bool isolated = false;                // video and sound do not attend to each other
};

// Where the tokens are: video_bounds() and audio_bounds(), perhaps with more tokens behind.
struct Positions {
  at::Tensor video, audio;
};

// One condition, projected, and what the blocks make of it: by block, filled at the first use while
// the block's weights are there; empty if every step changes it.
struct Condition {
  Streams text;
  std::vector<TextKeys> keys;
};

// All that no step of a generation changes: made once by Transformer::prepare.
struct Prepared {
  int64_t video_tokens;
  Rotaries rotaries;         // of the tokens and heads that are worked on here
  nn::TokenRows video_rows;  // of modulation, of these tokens
  std::shared_ptr<const ModulationTable> modulation;
  std::vector<Condition> conditions;
};

class Transformer {
 public:
  // The adaptive norms are not taken here: ModulationTable reads them.
  Transformer(const nn::ParamScope& model,
              const config::Ltx2TransformerConfig& config,
              const nn::Seams& seams);

  // texts: of each condition the connectors' outputs for video and sound, [1, T, width].
  Prepared prepare(const Positions& positions,
                   std::shared_ptr<const ModulationTable> modulation,
                   const std::vector<Streams>& texts) const;

  // The velocities of each pass, shaped like the latents [1, L, channels], in the parameters' type.
  // What several passes have in common is computed once.
  std::vector<Streams> velocity(Prepared& prepared,
                                const Streams& latents,
                                int64_t step,
                                std::span<const Pass> passes) const;

 private:
  Residuals embedded(const Streams& latents) const;
  Streams projected(const Prepared& prepared,
                    const Residuals& x,
                    const Modulations& modulations) const;
  void run_block(int64_t index,
                 Prepared& prepared,
                 const Modulations& modulations,
                 std::span<const Pass> passes,
                 std::vector<Residuals>& streams) const;

  config::Ltx2TransformerConfig config_;
  nn::Seams seams_;
  nn::Linear embed_video_, embed_audio_, project_video_, project_audio_;
  std::vector<nn::Linear> caption_;  // two for video, two for audio; none if connectors project
  std::vector<Block> blocks_;
};

// The scopes of the blocks, in the order of their use and of nn::BlockWeights' indices.
std::vector<std::string> block_prefixes(const config::Ltx2TransformerConfig& config);

}  // namespace kinema::ltx2
