// The autoencoder's own decoder on a small piece: right for every checkpoint, unlike a table of
// colours.
#include "pipeline/step_preview.h"

#include <cmath>
#include <iostream>
#include <span>
#include <string>
#include <utility>

#include <ATen/ops/avg_pool2d.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/log.h"
#include "media/png.h"

namespace kinema::pipeline {
namespace {

constexpr int64_t kMostFrames = 2, kMostPositions = 1600;

std::filesystem::path file_of(const std::filesystem::path& pattern, int64_t step) {
  auto text = pattern.string();
  const std::string place = "{step}";
  if (const auto at = text.find(place); at != std::string::npos)
    text.replace(at, place.size(), std::to_string(step));
  return text;
}

// The clip's last frame as a PNG file: the first one of an image-to-video job is known.
std::vector<uint8_t> png_of(const at::Tensor& pixels) {
  const auto frame = pixels[0].select(1, -1).to(at::kFloat).permute({1, 2, 0});
  const auto bytes =
      (frame * 127.5 + 127.5).round().clamp(0, 255).to(at::kByte).to(at::kCPU).contiguous();
  const media::Size size{static_cast<int>(bytes.size(1)), static_cast<int>(bytes.size(0))};
  return media::png_bytes(size,
                          {bytes.const_data_ptr<uint8_t>(), static_cast<size_t>(bytes.numel())});
}

}  // namespace

at::Tensor preview_latents(const at::Tensor& latents) {
  auto few = latents.narrow(2, 0, std::min(kMostFrames, latents.size(2)));
  const auto positions = static_cast<double>(latents.size(3) * latents.size(4));
  const auto side = static_cast<int64_t>(std::ceil(std::sqrt(positions / kMostPositions)));
  if (side <= 1) return few;
  const auto frames = few[0].transpose(0, 1);  // [T, C, H, W]
  return at::avg_pool2d(frames, side).transpose(0, 1).unsqueeze(0);
}

void StepPreview::show(int64_t done, const at::Tensor& clean) {
  try {
    const auto png = png_of(decoder_(preview_latents(clean)));
    write_file(file_of(wish_.file, done), {reinterpret_cast<const char*>(png.data()), png.size()});
    if (wish_.terminal)
      std::cerr << "\r\033[K" << media::terminal_picture(png, *wish_.terminal) << std::flush;
  } catch (const std::exception& error) {
    warn("no more previews: " + std::string(error.what()));
    decoder_ = nullptr;
  }
}

}  // namespace kinema::pipeline
