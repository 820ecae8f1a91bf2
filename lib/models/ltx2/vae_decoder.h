// The video autoencoder's decoder: latents to pixels, whole or in parts of time with the same
// result.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/ltx2_video_vae_config.h"
#include "models/ltx2/vae_blocks.h"

namespace kinema::ltx2 {

// How latents are decoded.
struct Decoding {
  // How noisy a decoder that is told so shall take its latents to be, 0 to 1 (decode_timestep).
  double timestep = 0;
  // Latent frames worked on at a time: more keep the convolutions busier, fewer need less memory.
  // 0: all.
  int64_t latent_frames = 2;
};

// Frames of pixels [1, 3, F, H, W], about -1..1 and not clamped; their channels lie next to each
// other in memory.
using FrameSink = std::function<void(const at::Tensor& frames)>;

// One level: perhaps a finer grid, then residual blocks.
class VaeUpLevel {
 public:
  VaeUpLevel(const nn::ParamScope& scope,
             const config::Ltx2UpLevel& level,
             const config::Ltx2VideoVaeConfig& config);
  // The row of residual blocks at the latents' own grid.
  VaeUpLevel(const nn::ParamScope& scope,
             int64_t width,
             int64_t resnets,
             const config::Ltx2VideoVaeConfig& config);
  // The blocks' noise at `time` [1]; undefined where it is not told.
  at::Tensor noise(const at::Tensor& time) const;
  at::Tensor operator()(at::Tensor x, const at::Tensor& noise, Flow& flow) const;

 private:
  void add_resnets(const nn::ParamScope& scope,
                   int64_t width,
                   int64_t count,
                   const config::Ltx2VideoVaeConfig& config);

  std::optional<VaeResnet> widen_;
  std::optional<VaeUpsample> upsample_;
  std::optional<NoiseEmbedding> noise_;
  std::vector<VaeResnet> resnets_;
};

class VideoDecoder {
 public:
  // `scope`: the "decoder" of the checkpoint.
  VideoDecoder(const nn::ParamScope& scope, const config::Ltx2VideoVaeConfig& config);

  // Latents [1, C, T, H, W] in the decoder's space (LatentStatistics::denormalised) ->
  // [1, 3, frames(T), 32H, 32W].
  at::Tensor operator()(const at::Tensor& latents, const Decoding& how = {}) const;

  // The same part by part: the sink is called group_count() times, each time but the last with
  // group_frames() frames. Beside a part's own, memory is needed for about 20 latent frames'
  // remembrance in each level, however long the clip is.
  void decode(const at::Tensor& latents, const Decoding& how, const FrameSink& sink) const;

  // Frames of pixels that so many latent frames become.
  int64_t frames(int64_t latent_frames) const { return config_.frames(latent_frames); }
  int64_t group_frames(int64_t latent_frames, const Decoding& how) const;
  int64_t group_count(int64_t latent_frames, const Decoding& how) const;

 private:
  // One clip on its way.
  struct Run;

  // Takes the next frames of a clip through level `index` and all that follow.
  void push(size_t index, const at::Tensor& x, Flow::Part part, Run& run) const;
  at::Tensor pixels(const at::Tensor& x, Run& run, Flow& flow) const;

  config::Ltx2VideoVaeConfig config_;
  VaeConv conv_in_;
  std::vector<VaeUpLevel> levels_;  // the first at the latents' own grid
  std::vector<int64_t> doublings_;  // frames of each level for one of the latents
  VaeConv conv_out_;
  std::optional<NoiseEmbedding> noise_out_;
  at::Tensor table_out_, time_scale_;
};

}  // namespace kinema::ltx2
