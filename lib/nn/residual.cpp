// Rounds where diffusers rounds: the product first.
#include "nn/residual.h"

#include <utility>

namespace kinema::nn {

Residual::Residual(at::Tensor tokens)
    : state_(std::make_shared<Sum>(Sum{std::move(tokens), {}, {}})) {}

Residual::Residual(Sum pending) : state_(std::make_shared<Sum>(std::move(pending))) {}

void Residual::settle(at::Tensor sum) const { *state_ = {std::move(sum), {}, {}}; }

const at::Tensor& Residual::sum() const {
  if (pending() != nullptr) settle(gated(state_->x, state_->y, state_->gate));
  return state_->x;
}

at::Tensor gated(const at::Tensor& x, at::Tensor y, const Gate& gate) {
  if (gate.vectors.defined()) {
    each_run(gate.rows, y, [&](const at::Tensor& tokens, int64_t row) {
      tokens.mul_(row_of(gate.vectors, row));
    });
  }
  return y.add_(x);
}

}  // namespace kinema::nn
