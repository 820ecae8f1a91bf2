// Pictures from files: PNG, JPEG and WebP, as diffusers' load_image gives them to a pipeline.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "media/image.h"
#include "media/image_header.h"

namespace kinema::media {

// The size of the upright picture, from the file's header alone. Needs no FFmpeg.
// Throws Error(kIo) naming the file, for the same reasons as read_image but for damaged pixels.
Size image_size(const std::filesystem::path& path);

// The upright picture in 8-bit RGB: alpha is dropped, not blended; greyscale and palettes become
// colours; of 16 bits the upper 8 are taken, except in greyscale without alpha, which is clipped at
// 255. Equal to diffusers' load_image with Pillow in every bit, JPEG and lossy WebP included. CMYK
// JPEG is refused. Throws Error(kIo) naming the file, and Error(kConfig) in a build without FFmpeg.
Image read_image(const std::filesystem::path& path);

// Pixels of a file with this header, not turned. Throws as read_image.
Image decoded_image(std::span<const uint8_t> bytes,
                    const ImageHeader& header,
                    const std::string& name);

}  // namespace kinema::media
