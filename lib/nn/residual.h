// The stream of tokens through a transformer's blocks: each part reads its norm and adds to it.
#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>

#include "nn/token_rows.h"

namespace kinema::nn {

// Vectors that tokens are multiplied with: [M, C] or [1, 1, C], of which tokens take the row that
// `rows` says (it must outlive this), or (null) the only one. Undefined: ones.
struct Gate {
  at::Tensor vectors = {};
  const TokenRows* rows = nullptr;
};

// [1, L, C]. What was added last may still have to be: whoever reads the norm of a stream next can
// then add on the way. Copies are one stream, which is added to once for all of them.
class Residual {
 public:
  // x + gate * y, which may be written over y.
  struct Sum {
    at::Tensor x, y;
    Gate gate;
  };

  Residual() = default;
  Residual(at::Tensor tokens);
  explicit Residual(Sum pending);

  int64_t tokens() const { return state_->x.size(1); }
  bool is_same(const Residual& other) const { return state_ == other.state_; }

  // What is still to be added; null: nothing.
  const Sum* pending() const { return state_->y.defined() ? state_.get() : nullptr; }
  // Somebody has added: `sum` are the tokens.
  void settle(at::Tensor sum) const;
  // The tokens; adds here if need be.
  const at::Tensor& sum() const;

 private:
  std::shared_ptr<Sum> state_;  // without y: x alone
};

// A row of such vectors, to be multiplied with or added to tokens [1, L, C].
inline at::Tensor row_of(const at::Tensor& vectors, int64_t row) {
  return vectors.size(0) == 1 ? vectors : vectors[row];
}

// x + gate * y, in the memory of y.
at::Tensor gated(const at::Tensor& x, at::Tensor y, const Gate& gate);

}  // namespace kinema::nn
