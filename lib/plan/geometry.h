// From pixels to latents to tokens, and the sizes a model can make.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace kinema::plan {

// A video in output pixels.
struct VideoShape {
  int64_t width = 0, height = 0, frames = 0;
};

// What one model can make: widths and heights are multiples of size_multiple(), frames are period*k
// + rest.
struct ShapeRules {
  int64_t pixels = 16,
          frames = 4;  // a latent position stands for so many (the first latent frame for one)
  int64_t patch = 1, patch_frames = 1;  // latent positions of a token

  int64_t size_multiple() const { return pixels * patch; }
  int64_t frame_period() const { return frames * patch_frames; }
  int64_t frame_rest() const { return frames * (patch_frames - 1) + 1; }
};

struct LatentShape {
  int64_t frames = 0, height = 0, width = 0;
  int64_t positions() const { return frames * height * width; }
};

// `video` must keep the rules.
LatentShape latent_shape(const VideoShape& video, const ShapeRules& rules);
int64_t token_count(const LatentShape& latent, const ShapeRules& rules);

bool frames_legal(int64_t frames, const ShapeRules& rules);
// The nearest legal numbers below and above, the same number twice if it is legal or nothing legal
// is below.
std::pair<int64_t, int64_t> legal_frames(int64_t frames, const ShapeRules& rules);
// "4k+1".
std::string frame_rule(const ShapeRules& rules);
// The nearest legal width or height, at least one multiple; ties go up.
int64_t legal_size(int64_t pixels, const ShapeRules& rules);

}  // namespace kinema::plan
