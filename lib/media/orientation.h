// Which way up a camera held a picture, and turning it so.
#pragma once

#include <optional>
#include <string_view>

#include "media/bytes.h"
#include "media/image.h"

namespace kinema::media {

// EXIF's eight ways a picture lies in its file; 1 is upright. 5 to 8 swap width and height.
using Orientation = int;

// Tag 0x0112 of an EXIF block, with or without its "Exif\0\0" in front; none where the block lacks
// it or is damaged.
std::optional<Orientation> exif_orientation(ByteView exif);

// tiff:Orientation of an XMP packet.
std::optional<Orientation> xmp_orientation(std::string_view xmp);

// Size after turning.
Size upright_size(Size stored, Orientation orientation);

// The picture as it is to be seen; orientations outside 2..8 change nothing (as in Pillow).
Image upright(Image stored, Orientation orientation);

}  // namespace kinema::media
