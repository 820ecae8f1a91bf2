// Whole numbers all the way: pictures and samples count the same time.
#include "media/sound.h"

#include <algorithm>

namespace kinema::media {

int64_t samples_of(int64_t frames, const FrameRate& fps, int rate) {
  const int64_t samples = frames * fps.den * rate;
  return (samples + fps.num - 1) / fps.num;
}

Sound fitted(const Sound& sound, int64_t length) {
  Sound out{sound.format, {}};
  out.samples.resize(static_cast<size_t>(length * sound.format.channels));
  for (int c = 0; c < sound.format.channels; ++c)
    std::copy_n(sound.channel(c), std::min(length, sound.length()), out.channel(c));
  return out;
}

}  // namespace kinema::media
