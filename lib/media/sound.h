// Sound in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/video_format.h"

namespace kinema::media {

// Samples are -1 to 1, channel after channel.
struct Sound {
  SoundFormat format;
  std::vector<float> samples;

  int64_t length() const { return static_cast<int64_t>(samples.size()) / format.channels; }
  const float* channel(int index) const {
    return samples.data() + static_cast<size_t>(index) * static_cast<size_t>(length());
  }
  float* channel(int index) {
    return samples.data() + static_cast<size_t>(index) * static_cast<size_t>(length());
  }
};

// Samples per channel that last until the last of `frames` pictures ends; no picture is without.
int64_t samples_of(int64_t frames, const FrameRate& fps, int rate);

// The same sound, `length` samples per channel long: cut off, or continued by silence.
Sound fitted(const Sound& sound, int64_t length);

}  // namespace kinema::media
