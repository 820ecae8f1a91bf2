// Pictures on their way into a network.
#pragma once

#include <ATen/core/Tensor.h>

#include "config/request.h"
#include "media/image.h"
#include "media/image_fit.h"

namespace kinema::pipeline {

// `reference`: what stands for the way of the model's reference.
media::Fit fit_of(config::ImageFit fit, media::Fit reference);

// [H, W, 3] uint8.
at::Tensor tensor_of(media::Image& image);

// That as [1, 3, 1, H, W] float32, -1 to 1.
at::Tensor pixels_of(const at::Tensor& bytes);

}  // namespace kinema::pipeline
