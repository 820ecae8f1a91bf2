// HunyuanVideo 1.5's autoencoder in a job: latents to frames, and a picture to latents, whole or in
// tiles over ranks.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/hunyuan15/vae_tiles.h"
#include "pipeline/frame_output.h"
#include "pipeline/runtime.h"
#include "pipeline/vae_half.h"

namespace kinema::pipeline {

// Each half is loaded when it is first used, by the ranks that use it, and stays until release().
class Hunyuan15Vae {
 public:
  // Decodes `latents` [1, C, T, H, W] (on the ranks that decode) into `output`, which only the
  // first rank has. In tiles when the request says so; otherwise in exact parts of time, whose
  // frames are handed on while the next are made.
  void decode(Runtime& runtime, const at::Tensor& latents, FrameOutput* output);

  // The picture's latents [1, C, 1, H, W] on every rank. pixels: [1, 3, 1, 16H, 16W], -1..1.
  at::Tensor encode(Runtime& runtime, const at::Tensor& pixels);

  // Has a thread load the decoder after the first step of denoising, on a rank that will need it.
  void load_ahead(const Runtime& runtime);
  // Loads the decoder and, once it is there, decodes `latents` [1, C, T, H, W] whole on this rank
  // alone: [1, 3, F, 16H, 16W].
  void load_decoder(Runtime& runtime) { decoder(runtime); }
  at::Tensor pixels(Runtime& runtime, const at::Tensor& latents);

  void release();

 private:
  struct Decoder : VaeHalf {
    explicit Decoder(const Runtime& runtime);
    hunyuan15::VideoDecoder network;
  };
  struct Encoder : VaeHalf {
    explicit Encoder(const Runtime& runtime);
    hunyuan15::VideoEncoder network;
  };
  // Loads it (stage "load") if it is not there.
  const hunyuan15::VideoDecoder& decoder(Runtime& runtime);

  LoadedNetwork<Decoder> decoder_;
  LoadedNetwork<Encoder> encoder_;
};

}  // namespace kinema::pipeline
