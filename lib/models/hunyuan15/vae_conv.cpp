// The padded input is made once and written by whoever produces the clip, so that padding costs no
// copy of it.
#include "models/hunyuan15/vae_conv.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>

namespace kinema::hunyuan15 {
namespace {

constexpr int64_t kKernel = 3;
constexpr int64_t kLookBack = kKernel - 1;

void replicate_edges(const at::Tensor& frames) {
  const int64_t bottom = frames.size(1) - 1, right = frames.size(2) - 1;
  const auto rows = frames.narrow(1, 1, bottom - 1);
  rows.select(2, 0).copy_(rows.select(2, 1));
  rows.select(2, right).copy_(rows.select(2, right - 1));
  frames.select(1, 0).copy_(frames.select(1, 1));
  frames.select(1, bottom).copy_(frames.select(1, bottom - 1));
}

// The two frames before the clip go to the front; its last two are remembered, border and all.
void look_back(const at::Tensor& padded, Past& past) {
  const auto front = padded.narrow(0, 0, kLookBack);
  auto& memory = past.next();
  front.copy_(past.at_start() ? padded.narrow(0, kLookBack, 1) : memory);
  if (!past.remembers()) return;
  const auto last = padded.narrow(0, padded.size(0) - kLookBack, kLookBack);
  if (memory.defined()) {
    memory.copy_(last);
  } else {
    memory = last.clone();
  }
}

// [T, H, W, C] -> [T + 2, H + 2, W + 2, C]; `write` puts the clip into the view it is given.
template <typename Write>
at::Tensor padded(const at::Tensor& x, Past& past, const Write& write) {
  const int64_t height = x.size(1), width = x.size(2);
  const auto result =
      at::empty({x.size(0) + kLookBack, height + 2, width + 2, x.size(3)}, x.options());
  const auto frames = result.narrow(0, kLookBack, x.size(0));
  write(frames.narrow(1, 1, height).narrow(2, 1, width));
  replicate_edges(frames);
  look_back(result, past);
  return result;
}

at::Tensor padded_copy(const at::Tensor& x, Past& past) {
  return padded(x, past, [&](const at::Tensor& out) { out.copy_(x); });
}

}  // namespace

CausalConv::CausalConv(const nn::ParamScope& scope, int64_t in, int64_t out)
    : conv_(scope / "conv", in, out, kKernel) {}

at::Tensor CausalConv::operator()(const at::Tensor& x, Past& past) const {
  return conv_(padded_copy(x, past));
}

at::Tensor CausalConv::added_to(at::Tensor sum, const at::Tensor& x, Past& past) const {
  return conv_.added_to(std::move(sum), padded_copy(x, past));
}

ActivatedConv::ActivatedConv(const nn::ParamScope& norm,
                             const nn::ParamScope& conv,
                             int64_t in,
                             int64_t out)
    : norm_(norm, in), conv_(conv / "conv", in, out, kKernel) {}

at::Tensor ActivatedConv::activated(const at::Tensor& x, Past& past) const {
  return padded(x, past, [&](const at::Tensor& out) { norm_.silu_into(out, x); });
}

at::Tensor ActivatedConv::operator()(const at::Tensor& x, Past& past) const {
  return conv_(activated(x, past));
}

at::Tensor ActivatedConv::added_to(at::Tensor sum, const at::Tensor& x, Past& past) const {
  return conv_.added_to(std::move(sum), activated(x, past));
}

PointwiseConv::PointwiseConv(const nn::ParamScope& scope, int64_t in, int64_t out)
    : weight_(scope.take("weight", {out, in, 1, 1, 1}).view({out, in})),
      bias_(scope.take("bias", {out})) {}

at::Tensor PointwiseConv::operator()(const at::Tensor& x) const {
  return at::linear(x, weight_, bias_);
}

}  // namespace kinema::hunyuan15
