// The autoencoder's encoder: pixels to latents, whole or in parts of time with the same result.
#pragma once

#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "models/hunyuan15/vae_mid.h"

namespace kinema::hunyuan15 {

// Residual blocks at one resolution and what leads to the next.
struct DownLevel {
  std::vector<Resnet> resnets;
  std::optional<Downsample> downsample;  // none on the last level

  at::Tensor operator()(at::Tensor x, Past& past) const;
};

// Pixels are -1..1. Moments are the latents' means, then their log-variances: twice the latents'
// channels.
class VideoEncoder {
 public:
  // `scope`: the "encoder" of the checkpoint.
  VideoEncoder(const nn::ParamScope& scope, const config::Hunyuan15VaeConfig& config);

  // All at once: pixels [1, 3, 4k + 1, 16H, 16W] -> moments [1, 2C, k + 1, H, W].
  at::Tensor operator()(const at::Tensor& pixels) const;

  // One clip, part by part; see VideoDecoder::Stream. The encoder outlives it.
  class Stream {
   public:
    explicit Stream(const VideoEncoder& encoder) : encoder_(encoder), past_(Past::Parts::kMany) {}
    // The next 4k frames, 4k + 1 the first time -> their moments.
    at::Tensor push(const at::Tensor& pixels);

   private:
    const VideoEncoder& encoder_;
    Past past_;
  };

  int64_t frames_per_latent() const { return frames_per_latent_; }

 private:
  at::Tensor part(const at::Tensor& pixels, Past& past) const;

  int64_t frames_per_latent_, moments_;
  CausalConv conv_in_;
  std::vector<DownLevel> levels_;
  MidBlock mid_;
  ActivatedConv out_;
};

// The moments of `pixels` through a Stream, `latent_frames` at a time.
at::Tensor encode_in_parts(const VideoEncoder& encoder,
                           const at::Tensor& pixels,
                           int64_t latent_frames);

// What the pipelines condition on: the means times the scaling factor, [1, 2C, T, H, W] -> [1, C,
// T, H, W].
at::Tensor latents_of(const at::Tensor& moments, const config::Hunyuan15VaeConfig& config);

}  // namespace kinema::hunyuan15
