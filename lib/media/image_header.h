// What the headers of a PNG, JPEG or WebP file say, without decoding it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "media/image.h"
#include "media/orientation.h"

namespace kinema::media {

enum class ImageKind { kPng, kJpeg, kWebp };

struct ImageHeader {
  ImageKind kind = ImageKind::kPng;
  Size stored;                  // before turning
  Orientation orientation = 1;  // of EXIF, else of XMP, as Pillow's exif_transpose looks for it
  int components = 3;           // of a JPEG
};

// Refuses what cannot be one still picture: another kind of file, one that ends early, an
// animation, more than 178 956 970 pixels (where Pillow refuses too). Throws Error(kIo) naming
// `name`. Not looked for: an orientation inside a compressed PNG text chunk.
ImageHeader image_header(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace kinema::media
