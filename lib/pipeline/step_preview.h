// A picture of what denoising is making, every few steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <ATen/core/Tensor.h>

#include "media/terminal_picture.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

struct PreviewWish {
  int64_t every = 1;  // steps
  // A PNG file that each picture replaces; "{step}" in it stands for the step: a file each.
  std::filesystem::path file;
  // Pictures go to standard error too, in the form that its terminal takes.
  std::optional<media::TerminalProtocol> terminal = {};
};

// Latents [1, C, T, H, W] -> pixels [1, 3, F, H', W'], about -1..1.
using PictureDecoder = std::function<at::Tensor(const at::Tensor& latents)>;

// On the first rank only.
class StepPreview {
 public:
  explicit StepPreview(PreviewWish wish) : wish_(std::move(wish)) {}

  // Decodes from now on with this; an empty one ends the pictures.
  void decode_with(PictureDecoder decoder) { decoder_ = std::move(decoder); }
  // After `done` steps, counted from 1.
  bool is_due(int64_t done) const { return decoder_ && done % wish_.every == 0; }
  // `clean`: the video's latents as they would be without their noise. A picture that cannot be
  // made costs a warning and all further pictures, never the job.
  void show(int64_t done, const at::Tensor& clean);

 private:
  PreviewWish wish_;
  PictureDecoder decoder_;
};

// The begin of the clip as a preview shows it: at most two latent frames, averaged over squares to
// at most 1600 positions, so that decoding them needs little beside the transformer.
at::Tensor preview_latents(const at::Tensor& latents);

// Of a family's autoencoder, one of its own.
template <class Vae>
PictureDecoder own_decoder(Runtime& runtime) {
  auto vae = std::make_shared<Vae>();
  vae->load_decoder(runtime);
  return [vae, &runtime](const at::Tensor& latents) { return vae->pixels(runtime, latents); };
}

}  // namespace kinema::pipeline
