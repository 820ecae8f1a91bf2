// Arithmetic of causal video VAEs: the first frame stands alone, then every few frames make one
// latent frame.
#include "plan/geometry.h"

#include <algorithm>

namespace kinema::plan {

LatentShape latent_shape(const VideoShape& video, const ShapeRules& rules) {
  return {(video.frames - 1) / rules.frames + 1, video.height / rules.pixels,
          video.width / rules.pixels};
}

int64_t token_count(const LatentShape& latent, const ShapeRules& rules) {
  return latent.positions() / (rules.patch * rules.patch * rules.patch_frames);
}

bool frames_legal(int64_t frames, const ShapeRules& rules) {
  return frames >= rules.frame_rest() && (frames - rules.frame_rest()) % rules.frame_period() == 0;
}

std::pair<int64_t, int64_t> legal_frames(int64_t frames, const ShapeRules& rules) {
  const int64_t rest = rules.frame_rest(), period = rules.frame_period();
  if (frames <= rest) return {rest, rest};
  const int64_t below = (frames - rest) / period * period + rest;
  return {below, below == frames ? below : below + period};
}

std::string frame_rule(const ShapeRules& rules) {
  return std::to_string(rules.frame_period()) + "k+" + std::to_string(rules.frame_rest());
}

int64_t legal_size(int64_t pixels, const ShapeRules& rules) {
  const int64_t multiple = rules.size_multiple();
  return std::max((pixels + multiple / 2) / multiple * multiple, multiple);
}

}  // namespace kinema::plan
