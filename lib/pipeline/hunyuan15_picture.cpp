// The reference's two resizes: one to the video's size, and from that another to the vision
// encoder's square.
#include "pipeline/hunyuan15_picture.h"

#include "base/log.h"
#include "media/image_file.h"
#include "media/image_fit.h"
#include "pipeline/component.h"
#include "pipeline/picture.h"

namespace kinema::pipeline {
namespace {

media::Image fitted_picture(const Runtime& runtime) {
  const auto& request = runtime.request;
  const auto picture = media::read_image(*request.image);
  const media::Size frame{static_cast<int>(*request.width), static_cast<int>(*request.height)};
  const auto fit = fit_of(request.image_fit, media::Fit::kCrop);
  if (runtime.team.is_first()) note(media::fit_description(picture.size, frame, fit));
  return media::fitted(picture, frame, fit);
}

}  // namespace

const text::SiglipVision& Hunyuan15Picture::encoder(Runtime& runtime) {
  if (encoder_) return *encoder_;
  OpenComponent component(runtime, "image_encoder", text::SiglipVision::names());
  encoder_.emplace(nn::ParamScope(component.source()), *runtime.model.hunyuan15.image_encoder);
  component.loaded(runtime.stages);
  return *encoder_;
}

at::Tensor Hunyuan15Picture::embeds(Runtime& runtime, const media::Image& fitted) {
  at::Tensor embeds;
  if (runtime.team.is_first()) {
    const auto& processor = *runtime.model.hunyuan15.image_processor;
    const media::Size square{static_cast<int>(processor.width), static_cast<int>(processor.height)};
    auto small = media::resampled(fitted, square, media::Filter::kBicubic);
    auto values = text::siglip_pixel_values(tensor_of(small), processor);
    runtime.dump.add("siglip_pixel_values", values);
    nn::BlockWeights blocks;
    embeds = encoder(runtime)(values.to(runtime.device).to(runtime.dtype), blocks);
  }
  return parallel::shared_from(runtime.team.replica(), 0, embeds).to(runtime.device);
}

Picture Hunyuan15Picture::encode(Runtime& runtime, Hunyuan15Vae& vae) {
  auto fitted = fitted_picture(runtime);
  auto bytes = tensor_of(fitted);
  runtime.dump.add("image_cropped_uint8", bytes);
  Picture picture;
  picture.embeds = embeds(runtime, fitted);
  picture.latents = vae.encode(runtime, pixels_of(bytes).to(runtime.device).to(runtime.dtype));
  runtime.dump.add("image_embeds", picture.embeds);
  runtime.dump.add("cond_latents", picture.latents);
  return picture;
}

}  // namespace kinema::pipeline
