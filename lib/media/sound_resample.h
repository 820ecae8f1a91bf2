// Sound at another rate, through libswresample.
#pragma once

#include "media/sound.h"

namespace kinema::media {

// As long as before, to a sample. Throws Error(kMemory).
Sound resampled(const Sound& sound, int rate);

}  // namespace kinema::media
