// The axes of a video, turned round.
#include "models/clip.h"

#include "base/error.h"

namespace kinema::models {

at::Tensor clip_of(const at::Tensor& video) {
  if (video.dim() != 5 || video.size(0) != 1) {
    throw Error(ErrorKind::kInternal, "the autoencoder takes one video [1, C, T, H, W] at a time");
  }
  return video.permute({0, 2, 3, 4, 1}).squeeze(0).contiguous();
}

at::Tensor video_of(const at::Tensor& clip) { return clip.unsqueeze(0).permute({0, 4, 1, 2, 3}); }

}  // namespace kinema::models
