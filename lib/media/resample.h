// Separable resampling with antialiasing, bit-exact with Pillow's Image.resize on 8-bit pictures.
#pragma once

#include "media/image.h"

namespace kinema::media {

// A triangle (one pixel of support), cubic convolution with a = -0.5 (two), Lanczos with three
// lobes.
enum class Filter { kBilinear, kBicubic, kLanczos };

// A rectangle of a picture, in pixels.
struct Window {
  int left = 0;
  int top = 0;
  Size size;
};

// The part `window` of `source` scaled to `target`; only what the window needs is computed.
// `target` and the window inside it must not be empty.
Image resampled(const Image& source, Size target, Filter filter, const Window& window);

// All of `source` scaled to `target`.
Image resampled(const Image& source, Size target, Filter filter);

}  // namespace kinema::media
