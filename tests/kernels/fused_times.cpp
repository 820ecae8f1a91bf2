// How long the fused kernels take beside single operators at published sizes, one line of JSON
// each. Hidden: `fused_test [times]` prints it.
#include <chrono>
#include <cstdio>
#include <functional>

#include <ATen/ops/complex.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <catch2/catch.hpp>

#include "nn/fused.h"
#include "nn/pixel_bytes.h"
#include "nn/pixel_planes.h"
#include "tensor/device.h"
#include "tensor/device_clock.h"

using namespace kinema;

namespace {

constexpr int kRuns = 20;
const std::filesystem::path kModule = KINEMA_BUILD_DIR "/libkinema_kernels.so";

class Times {
 public:
  explicit Times(at::Device device) : device_(device), clock_(device) {}

  // bytes: that must be read and written at least.
  void compare(const char* kernel,
               const char* of,
               double bytes,
               const std::function<void()>& operators,
               const std::function<void()>& fused) {
    const double by_operators = microseconds(operators), by_kernel = microseconds(fused);
    std::printf(
        "{\"kernel\": \"%s\", \"of\": \"%s\", \"operators_us\": %.1f, \"fused_us\": %.1f, "
        "\"fused_GB_per_s\": %.0f}\n",
        kernel, of, by_operators, by_kernel, bytes / by_kernel / 1e3);
  }

 private:
  double microseconds(const std::function<void()>& work) {
    for (int i = 0; i < 3; ++i) work();
    const auto begin = clock_.mark();
    for (int i = 0; i < kRuns; ++i) work();
    const auto end = clock_.mark();
    tensor::synchronize(device_);
    const auto [from, to] = clock_.interval(begin, end);
    return std::chrono::duration<double, std::micro>(to - from).count() / kRuns;
  }

  at::Device device_;
  tensor::DeviceClock clock_;
};

struct Chains {
  const nn::Elementwise &operators, &fused;
  at::TensorOptions options;
  Times& times;

  at::Tensor random(at::IntArrayRef sizes) const { return at::randn(sizes, options); }

  void residual(const char* of, int64_t tokens, int64_t width, kernels::RowNorm norm) const {
    const auto x = random({1, tokens, width}), y = random({1, tokens, width});
    const auto gate = random({1, width}), scale = random({1, width}), shift = random({1, width});
    auto work = [&](const nn::Elementwise& by) {
      return [&] { by.normed(by.added(x, y, {gate}), {norm, 1e-6}, {scale, shift}); };
    };
    times.compare("residual_gate_norm_modulate", of, 4.0 * x.nbytes(), work(operators),
                  work(fused));
  }
  void heads(const char* of, int64_t tokens, int64_t heads, int64_t width) const {
    const auto x = random({1, tokens, heads * width}), weight = random({width});
    const auto angles = at::rand({tokens, 1, width / 2}, options.dtype(at::kFloat));
    const nn::Rotary rotary{at::complex(angles.cos(), angles.sin())};
    const auto to = at::empty({1, tokens, 1, heads, width}, options);
    auto work = [&](const nn::Elementwise& by) {
      return [&] { by.normed_turned(x, weight, 1e-6, rotary, to); };
    };
    times.compare("head_norm_rotate", of, 2.0 * x.nbytes(), work(operators), work(fused));
  }
  void rows(const char* of, int64_t tokens, int64_t heads, int64_t width) const {
    const auto x = random({1, tokens, heads * width}), weight = random({heads * width});
    const auto angles = at::rand({tokens, heads, width / 2}, options.dtype(at::kFloat));
    const auto cos = angles.cos(), sin = angles.sin();
    const auto to = at::empty({1, tokens, 1, heads, width}, options);
    auto work = [&](const nn::Elementwise& by) {
      return [&] { by.row_normed_turned(x, weight, 1e-6, cos, sin, to); };
    };
    times.compare("row_norm_rotate", of, 2.0 * x.nbytes() + 2.0 * cos.nbytes(), work(operators),
                  work(fused));
  }
  void gelu(const char* of, int64_t tokens, int64_t width) const {
    const auto x = random({1, tokens, width}), weight = random({4 * width, width}) / 64,
               bias = random({4 * width});
    auto work = [&](const nn::Elementwise& by) { return [&] { by.gelu_linear(x, weight, bias); }; };
    times.compare("gelu_linear", of, 5.0 * x.nbytes() + weight.nbytes(), work(operators),
                  work(fused));
  }
};

}  // namespace

TEST_CASE("What the fused kernels take", "[.][times]") {
  if (tensor::gpu_count() == 0) {
    std::puts("skipped: wants 1 GPU, has 0");
    return;
  }
  const auto device = tensor::gpu(0);
  const auto fused = nn::fused_elementwise(nn::fused_kernels(kModule));
  Times times(device);
  const auto options = at::TensorOptions(at::kBFloat16).device(device);
  const Chains chains{nn::reference_elementwise(), *fused, options, times};
  const char *hunyuan = "HunyuanVideo 1.5, 832x480x33", *ltx = "LTX-2, 768x512x121";
  chains.residual(hunyuan, 14040, 2048, kernels::RowNorm::kLayer);
  chains.residual(ltx, 6144, 4096, kernels::RowNorm::kRms);
  chains.heads(hunyuan, 14040, 16, 128);
  chains.rows(ltx, 6144, 32, 128);
  chains.gelu(hunyuan, 14040, 2048);
  chains.gelu(ltx, 6144, 4096);
  const char* frames_text = "4 frames of 1280x720";
  const auto frames = chains.random({3, 4, 720, 1280});
  const auto bytes = nn::pixel_bytes(nn::ElementwiseBy::kFusedKernels, kModule);
  const auto rgb = (*bytes)(frames);
  times.compare(
      "pixel_bytes", frames_text, frames.nbytes() + rgb.nbytes(), [&] { nn::PixelBytes()(frames); },
      [&] { (*bytes)(frames); });
  const auto planes = nn::fused_pixel_planes(kModule);
  times.compare(
      "pixel_planes", frames_text, 1.5 * rgb.nbytes(), [&] { nn::PixelPlanes()(rgb); },
      [&] { (*planes)(rgb); });
}
