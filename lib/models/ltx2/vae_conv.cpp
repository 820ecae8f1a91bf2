// Source: diffusers' LTX2VideoCausalConv3d and PerChannelRMSNorm. The padded input is made once and
// written by whoever produces the clip, so that padding costs no copy of it.
#include "models/ltx2/vae_conv.h"

#include <algorithm>

#include <ATen/ops/addcmul.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/silu.h>

namespace kinema::ltx2 {
namespace {

constexpr int64_t kKernel = 3;
constexpr int64_t kAround = kKernel - 1;  // frames that a result needs beside its own
constexpr double kEps = 1e-8;

// The outermost rows (columns) of padded frames. A single row has no other one to be reflected: it
// is repeated, where the reference fails.
void fill_border(const at::Tensor& frames, int64_t dim, config::Ltx2Padding padding) {
  const int64_t last = frames.size(dim) - 1;
  const auto first_line = frames.select(dim, 0), last_line = frames.select(dim, last);
  if (padding == config::Ltx2Padding::kZeros) {
    first_line.zero_();
    last_line.zero_();
    return;
  }
  const int64_t inwards = last > 2 ? 2 : 1;
  first_line.copy_(frames.select(dim, inwards));
  last_line.copy_(frames.select(dim, last - inwards));
}

// Frames that were not fully used, then perhaps copies of the clip's first, then the part's own,
// then perhaps a copy of the clip's last.
struct Sequence {
  int64_t before, copies, own, behind;
  int64_t size() const { return before + copies + own + behind; }

  Sequence(const Flow::Memory& memory, int64_t frames, bool causal, bool at_end)
      : before(memory.frames.defined() ? memory.frames.size(0) : 0),
        copies(memory.started || frames == 0 ? 0 : (causal ? kAround : kAround / 2)),
        own(frames),
        behind(at_end && !causal ? kAround / 2 : 0) {}
};

at::Tensor normed(const at::Tensor& x, const ShiftScale& modulation) {
  auto y = at::rms_norm(x, {x.size(-1)}, {}, kEps);
  return modulation.scale.defined() ? at::addcmul(modulation.shift, y, modulation.scale + 1) : y;
}

}  // namespace

VaeConv::VaeConv(const nn::ParamScope& scope, int64_t in, int64_t out, Borders borders)
    : out_(out), borders_(borders), conv_(scope / "conv", in, out, kKernel) {}

template <typename Write>
at::Tensor VaeConv::convolved(const at::Tensor& x, Flow& flow, const Write& write) const {
  auto& memory = flow.next();
  const int64_t height = x.size(1), width = x.size(2);
  const Sequence parts(memory, x.size(0), borders_.causal, flow.at_end());
  const auto padded = at::empty({parts.size(), height + 2, width + 2, x.size(3)}, x.options());
  const auto own = padded.narrow(0, parts.before + parts.copies, parts.own);
  if (parts.before > 0) padded.narrow(0, 0, parts.before).copy_(memory.frames);
  if (parts.own > 0) {
    write(own.narrow(1, 1, height).narrow(2, 1, width));
    fill_border(own.narrow(1, 1, height), 2, borders_.space);
    fill_border(own, 1, borders_.space);
  }
  if (parts.copies > 0) padded.narrow(0, parts.before, parts.copies).copy_(own.narrow(0, 0, 1));
  if (parts.behind > 0) {
    padded.narrow(0, parts.size() - 1, 1).copy_(padded.narrow(0, parts.size() - 2, 1));
  }
  memory.started = memory.started || parts.own > 0;
  const int64_t kept = flow.at_end() ? 0 : std::min(kAround, parts.size());
  memory.frames = kept > 0 ? padded.narrow(0, parts.size() - kept, kept).clone() : at::Tensor();
  if (parts.size() <= kAround) return at::empty({0, height, width, out_}, x.options());
  return conv_(padded);
}

at::Tensor VaeConv::operator()(const at::Tensor& x, Flow& flow) const {
  return convolved(x, flow, [&](const at::Tensor& out) { out.copy_(x); });
}

at::Tensor VaeConv::activated(const at::Tensor& x, const ShiftScale& modulation, Flow& flow) const {
  return convolved(x, flow, [&](at::Tensor out) { at::silu_out(out, normed(x, modulation)); });
}

}  // namespace kinema::ltx2
