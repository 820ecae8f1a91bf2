// JPEG through libjpeg, whose pixels are Pillow's; FFmpeg's decoder differs by some levels.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "media/image.h"

namespace kinema::media {

// Greyscale and YCbCr to RGB. Throws Error(kIo) naming `name` if the data is damaged or not of
// `size`.
Image decoded_jpeg(std::span<const uint8_t> bytes, Size size, const std::string& name);

}  // namespace kinema::media
