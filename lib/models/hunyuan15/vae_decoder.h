// The autoencoder's decoder: latents to pixels, whole or in parts of time with the same result.
#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "models/hunyuan15/vae_mid.h"

namespace kinema::hunyuan15 {

// Residual blocks at one resolution and what leads to the next.
struct UpLevel {
  std::vector<Resnet> resnets;
  std::optional<Upsample> upsample;  // none on the last level

  at::Tensor operator()(at::Tensor x, Past& past) const;
};

// Latents are what the encoder made, not multiplied by the scaling factor (see decodable). Pixels
// are about -1..1, not clamped; their channels lie next to each other in memory.
class VideoDecoder {
 public:
  // `scope`: the "decoder" of the checkpoint.
  VideoDecoder(const nn::ParamScope& scope, const config::Hunyuan15VaeConfig& config);

  // Frames of pixels that so many latent frames become: 4(T - 1) + 1.
  int64_t frames(int64_t latent_frames) const {
    return frames_per_latent_ * (latent_frames - 1) + 1;
  }

  // All at once: [1, C, T, H, W] -> [1, 3, frames(T), 16H, 16W].
  at::Tensor operator()(const at::Tensor& latents) const;

  // One clip, part by part. Memory does not grow with the number of frames, except by the keys and
  // values of the mid block (2 numbers a latent position and channel). The decoder outlives it.
  class Stream {
   public:
    explicit Stream(const VideoDecoder& decoder) : decoder_(decoder), past_(Past::Parts::kMany) {}
    // The next T latent frames [1, C, T, H, W] -> their 4T frames of pixels, 4(T - 1) + 1 the first
    // time.
    at::Tensor push(const at::Tensor& latents);
    const Past& past() const { return past_; }

   private:
    const VideoDecoder& decoder_;
    Past past_;
  };

 private:
  at::Tensor part(const at::Tensor& latents, Past& past) const;

  int64_t frames_per_latent_, repeats_;
  CausalConv conv_in_;
  MidBlock mid_;
  std::vector<UpLevel> levels_;
  ActivatedConv out_;
};

// Frames of pixels [1, 3, F, H, W] as they become ready.
using FrameSink = std::function<void(const at::Tensor& frames)>;

// Decodes `latents` [1, C, T, H, W] through a Stream, `latent_frames` at a time, and hands each
// part's frames on.
void decode_in_parts(const VideoDecoder& decoder,
                     const at::Tensor& latents,
                     int64_t latent_frames,
                     const FrameSink& sink);

// What the sampler ends with, as the decoder takes it: divided by the scaling factor.
at::Tensor decodable(const at::Tensor& latents, const config::Hunyuan15VaeConfig& config);

}  // namespace kinema::hunyuan15
