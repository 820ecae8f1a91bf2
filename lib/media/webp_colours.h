// The colours of lossy WebP: coarse chroma to RGB, bit for bit as libwebp does it ("fancy").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "media/image.h"

namespace kinema::media {

// Does not own the samples.
struct Plane {
  const uint8_t* data = nullptr;
  ptrdiff_t stride = 0;

  const uint8_t* row(int y) const { return data + y * stride; }
};

// From planes Y, U, V of limited-range BT.601; U and V are ceil(W / 2) by ceil(H / 2).
Image webp_colours(Size size, const std::array<Plane, 3>& planes);

}  // namespace kinema::media
