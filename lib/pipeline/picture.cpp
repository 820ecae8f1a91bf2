// The same for every family.
#include "pipeline/picture.h"

#include <ATen/ops/from_blob.h>

namespace kinema::pipeline {

media::Fit fit_of(config::ImageFit fit, media::Fit reference) {
  switch (fit) {
    case config::ImageFit::kReference:
      return reference;
    case config::ImageFit::kCrop:
      return media::Fit::kCrop;
    case config::ImageFit::kPad:
      return media::Fit::kPad;
    case config::ImageFit::kStretch:
      return media::Fit::kStretch;
  }
  return reference;
}

at::Tensor tensor_of(media::Image& image) {
  return at::from_blob(image.rgb.data(), {image.size.height, image.size.width, 3}, at::kByte)
      .clone();
}

at::Tensor pixels_of(const at::Tensor& bytes) {
  auto pixels = bytes.permute({2, 0, 1}).to(at::kFloat).div(255).mul(2).sub(1);
  return pixels.unsqueeze(1).unsqueeze(0);
}

}  // namespace kinema::pipeline
