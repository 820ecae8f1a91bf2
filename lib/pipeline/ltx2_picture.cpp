// The reference's order: compress, then stretch to the video's size.
#include "pipeline/ltx2_picture.h"

#include "base/log.h"
#include "media/image_file.h"
#include "media/recompress.h"
#include "pipeline/picture.h"

namespace kinema::pipeline {

at::Tensor encode_picture(Runtime& runtime, Ltx2Vae& vae) {
  const auto& request = runtime.request;
  auto picture = media::read_image(*request.image);
  if (*request.image_crf > 0)
    picture = media::recompressed(picture, static_cast<int>(*request.image_crf));
  const media::Size frame{static_cast<int>(*request.width), static_cast<int>(*request.height)};
  const auto fit = fit_of(request.image_fit, media::Fit::kStretch);
  if (runtime.team.is_first()) note(media::fit_description(picture.size, frame, fit));
  auto fitted = media::fitted(picture, frame, fit, media::Filter::kBilinear);
  const auto pixels = pixels_of(tensor_of(fitted));
  runtime.dump.add("vae_image_pixels", pixels.squeeze(2));
  auto latents = vae.encode(runtime, pixels.to(runtime.device).to(runtime.dtype));
  runtime.dump.add("cond_latents", latents);
  return latents;
}

}  // namespace kinema::pipeline
