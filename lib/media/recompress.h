// One picture through a video codec and back.
#pragma once

#include "media/image.h"

namespace kinema::media {

// `picture` as the single frame of an H.264 video of this crf (1 to 51), 4:2:0, as diffusers does
// to pictures that condition LTX-2; odd sizes lose a row or a column. The result is the encoder's:
// another version of it may round otherwise. Throws Error(kIo) if the encoder fails, and
// Error(kConfig) in a build without it.
Image recompressed(const Image& picture, int crf);

}  // namespace kinema::media
