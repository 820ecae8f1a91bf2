// LTX-2's video autoencoder in a job: latents to frames, and a picture to latents, whole or in
// tiles over ranks.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/ltx2/vae_statistics.h"
#include "models/ltx2/vae_tiles.h"
#include "pipeline/frame_output.h"
#include "pipeline/runtime.h"
#include "pipeline/vae_half.h"

namespace kinema::pipeline {

// Each half is loaded when it is first used, by the ranks that use it, and stays until release().
class Ltx2Vae {
 public:
  // Decodes normalised `latents` [1, C, T, H, W] (on the ranks that decode) into `output`, which
  // only the first rank has. In tiles when the request says so; otherwise in exact parts of time,
  // whose frames are handed on while the next are made.
  void decode(Runtime& runtime, const at::Tensor& latents, FrameOutput* output);

  // The picture's normalised latents [1, C, 1, H, W] float32 on every rank. pixels: [1, 3, 1, 32H,
  // 32W], -1..1.
  at::Tensor encode(Runtime& runtime, const at::Tensor& pixels);

  // Has a thread load the decoder after the first step of denoising, on a rank that will need it.
  void load_ahead(const Runtime& runtime);
  // Loads the decoder and, once it is there, decodes `latents` [1, C, T, H, W] whole on this rank
  // alone: [1, 3, F, 32H, 32W].
  void load_decoder(Runtime& runtime) { decoder(runtime); }
  at::Tensor pixels(Runtime& runtime, const at::Tensor& latents);

  void release();

 private:
  struct Decoder : VaeHalf {
    explicit Decoder(const Runtime& runtime);
    ltx2::VideoDecoder network;
    ltx2::LatentStatistics statistics;
  };
  struct Encoder : VaeHalf {
    explicit Encoder(const Runtime& runtime);
    ltx2::VideoEncoder network;
    ltx2::LatentStatistics statistics;
  };
  // Loads it (stage "load") if it is not there.
  const Decoder& decoder(Runtime& runtime);

  LoadedNetwork<Decoder> decoder_;
  LoadedNetwork<Encoder> encoder_;
};

}  // namespace kinema::pipeline
