// LTX-2, text-to-video and image-to-video, with sound.
#pragma once

#include <vector>

#include "models/ltx2/connectors.h"
#include "pipeline/ltx2_denoise.h"
#include "pipeline/ltx2_sound.h"
#include "pipeline/ltx2_vae.h"
#include "pipeline/prompt_cache.h"
#include "pipeline/video_model.h"

namespace kinema::pipeline {

class Ltx2Model : public VideoModel {
 public:
  explicit Ltx2Model(Keep keep) : keep_(keep) {}

  void load_ahead(Runtime& runtime) override;
  void encode_prompts(Runtime& runtime, const std::vector<const config::Request*>& jobs) override;
  Latents denoise(Runtime& runtime) override;
  PictureDecoder picture_decoder(Runtime& runtime) override {
    return own_decoder<Ltx2Vae>(runtime);
  }
  std::optional<media::SoundFormat> sound(const Setup& setup) const override;
  void decode(Runtime& runtime, const Latents& latents, FrameOutput* output) override;
  std::vector<checkpoint::Wanted> reads(const Runtime& runtime, Work work) const override;
  void release() override;

 private:
  std::vector<ltx2::TextEmbeds> conditions(Runtime& runtime) const;
  // Lets a network go that is not to be kept.
  template <class Network>
  void done_with(Network& network) const {
    if (keep_ == Keep::kNothing) network.release();
  }

  Keep keep_;
  PromptCache<ltx2::TextEmbeds> prompts_;
  Ltx2Denoiser denoiser_;
  Ltx2Vae vae_;
  Ltx2Sound sound_;
};

}  // namespace kinema::pipeline
