// PNG files of finished frames.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "media/image.h"

namespace kinema::media {

// A PNG file of 8-bit RGB; `rgb` is [H, W, 3]. Compressed by FFmpeg; in a build without it valid
// and uncompressed (about 3 bytes a pixel). The same picture gives the same bytes.
std::vector<uint8_t> png_bytes(Size size, std::span<const uint8_t> rgb);

}  // namespace kinema::media
