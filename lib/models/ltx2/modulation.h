// What a step's time says to LTX-2: vectors that scale, shift and gate the tokens, computed for all
// steps before the first, one row for each noise level and not one for each token.
#pragma once

#include <initializer_list>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/ltx2_transformer_config.h"
#include "nn/elementwise.h"
#include "nn/param_scope.h"
#include "nn/token_rows.h"

namespace kinema::ltx2 {

// How much of a step's noise the tokens of the video carry: those that a picture fixes, none.
class NoiseLevels {
 public:
  // All of it, every one of `tokens` tokens.
  explicit NoiseLevels(int64_t tokens);
  // fixed: [L] float32 on the CPU, how far each token is fixed, 0 to 1.
  explicit NoiseLevels(const at::Tensor& fixed);

  // The distinct shares of the noise, [k] float32, and which of them each token has, [L] int64.
  const at::Tensor& shares() const { return shares_; }
  const at::Tensor& level() const { return level_; }

 private:
  at::Tensor shares_, level_;
};

// By whose noise level the attention between the streams is modulated.
enum class CrossTime { kOwn, kOther };

// One stream's vectors at one step; C is its width, k the number of noise levels (sound: 1).
struct StreamModulation {
  at::Tensor block;   // [k, 6 or 9, C]
  at::Tensor cross;   // [k or 1, 5, C]: the attention between the streams
  at::Tensor text;    // [1, 2, C]: of the text, undefined if it does not follow the step
  at::Tensor output;  // [k, 2, C]
};

// Everything that depends on the time alone. The layers that make it are read, used for every step
// and dropped.
class ModulationTable {
 public:
  // t: [n] float32, 0 to 1000, one for each step.
  ModulationTable(const nn::ParamScope& model,
                  const config::Ltx2TransformerConfig& config,
                  const at::Tensor& t,
                  NoiseLevels levels,
                  CrossTime cross_time);

  int64_t steps() const { return video_.block.size(0); }
  const NoiseLevels& levels() const { return levels_; }
  StreamModulation video(int64_t step) const { return at_step(video_, step); }
  StreamModulation audio(int64_t step) const { return at_step(audio_, step); }

 private:
  static StreamModulation at_step(const StreamModulation& all, int64_t step);

  NoiseLevels levels_;
  StreamModulation video_, audio_;  // with a leading dimension for the steps
};

// The vectors of a stream's tokens in one place of the network.
class TokenVectors {
 public:
  // rows: [k, n, C] that nobody else needs; `scales`: which of the n a norm is multiplied with,
  // less
  // 1. All tokens have the one row.
  TokenVectors(at::Tensor rows, std::initializer_list<int64_t> scales);
  // Tokens have rows as `which` says, which must outlive this; one row alone is everybody's.
  TokenVectors(at::Tensor rows, std::initializer_list<int64_t> scales, const nn::TokenRows& which);

  // norm(x) * scale + shift; scale and shift: places among the n.
  at::Tensor normed(const nn::Residual& x,
                    const nn::Norm& norm,
                    int64_t scale,
                    int64_t shift,
                    const nn::Elementwise& elementwise) const;
  // x + y * gate; y's memory is used.
  nn::Residual added(const nn::Residual& x,
                     at::Tensor y,
                     int64_t gate,
                     const nn::Elementwise& elementwise) const;

 private:
  at::Tensor rows_;
  const nn::TokenRows* which_ = nullptr;
};

}  // namespace kinema::ltx2
