// The reference's order: compress, then bring to the video's size. Conditions are scaled without
// antialiasing.
#include "pipeline/ltx2_picture.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "base/log.h"
#include "media/image_file.h"
#include "media/recompress.h"
#include "pipeline/picture.h"

namespace kinema::pipeline {
namespace {

media::Image read_picture(const config::Request& request, const std::filesystem::path& path) {
  const auto picture = media::read_image(path);
  if (*request.image_crf == 0) return picture;
  return media::recompressed(picture, static_cast<int>(*request.image_crf));
}

// bytes [H, W, 3] -> [1, 3, 1, height, width], -1 to 1: scaled until they cover it, then cut
// evenly.
at::Tensor covering(const at::Tensor& bytes, int64_t height, int64_t width) {
  auto pixels = bytes.permute({2, 0, 1}).unsqueeze(0).to(at::kFloat).contiguous();
  const double scale = std::max(static_cast<double>(height) / static_cast<double>(pixels.size(2)),
                                static_cast<double>(width) / static_cast<double>(pixels.size(3)));
  const auto scaled = [&](int64_t axis) {
    return static_cast<int64_t>(std::ceil(static_cast<double>(pixels.size(axis)) * scale));
  };
  pixels = at::upsample_bilinear2d(pixels, {scaled(2), scaled(3)}, /*align_corners=*/false);
  pixels = pixels.narrow(2, (pixels.size(2) - height) / 2, height)
               .narrow(3, (pixels.size(3) - width) / 2, width);
  return (pixels / 127.5 - 1).unsqueeze(2).contiguous();
}

}  // namespace

std::vector<at::Tensor> encode_conditions(Runtime& runtime, Ltx2Vae& vae) {
  const auto& request = runtime.request;
  std::vector<at::Tensor> all;
  for (const auto& one : *request.conditions) {
    auto picture = read_picture(request, one.image);
    const auto pixels = covering(tensor_of(picture), *request.height, *request.width);
    all.push_back(vae.encode(runtime, pixels.to(runtime.device).to(runtime.dtype)));
  }
  runtime.dump.add("cond_latents", at::cat(all, 2));
  return all;
}

at::Tensor encode_picture(Runtime& runtime, Ltx2Vae& vae) {
  const auto& request = runtime.request;
  const auto picture = read_picture(request, *request.image);
  const media::Size frame{static_cast<int>(*request.width), static_cast<int>(*request.height)};
  const auto fit = fit_of(request.image_fit, media::Fit::kStretch);
  if (runtime.team.is_first()) note(media::fit_description(picture.size, frame, fit));
  auto fitted = media::fitted(picture, frame, fit, media::Filter::kBilinear);
  const auto pixels = pixels_of(tensor_of(fitted));
  runtime.dump.add("vae_image_pixels", pixels.squeeze(2));
  auto latents = vae.encode(runtime, pixels.to(runtime.device).to(runtime.dtype));
  runtime.dump.add("cond_latents", latents);
  return latents;
}

}  // namespace kinema::pipeline
