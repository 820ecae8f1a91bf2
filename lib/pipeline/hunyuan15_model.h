// HunyuanVideo 1.5, text-to-video and image-to-video.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/hunyuan15/condition_embedder.h"
#include "pipeline/hunyuan15_denoise.h"
#include "pipeline/hunyuan15_picture.h"
#include "pipeline/hunyuan15_vae.h"
#include "pipeline/prompt_cache.h"
#include "pipeline/video_model.h"

namespace kinema::pipeline {

class Hunyuan15Model : public VideoModel {
 public:
  explicit Hunyuan15Model(Keep keep) : keep_(keep) {}

  void load_ahead(Runtime& runtime) override;
  void encode_prompts(Runtime& runtime, const std::vector<const config::Request*>& jobs) override;
  Latents denoise(Runtime& runtime) override;
  PictureDecoder picture_decoder(Runtime& runtime) override {
    return own_decoder<Hunyuan15Vae>(runtime);
  }
  void decode(Runtime& runtime, const Latents& latents, FrameOutput* output) override;
  std::vector<checkpoint::Wanted> reads(const Runtime& runtime, Work work) const override;
  void release() override;

 private:
  std::vector<hunyuan15::Condition> conditions(Runtime& runtime) const;
  // Lets a network go that is not to be kept.
  template <class Network>
  void done_with(Network& network) const {
    if (keep_ == Keep::kNothing) network.release();
  }

  Keep keep_;
  PromptCache<hunyuan15::Condition> prompts_;
  Hunyuan15Picture picture_;
  Hunyuan15Denoiser denoiser_;
  Hunyuan15Vae vae_;
};

}  // namespace kinema::pipeline
