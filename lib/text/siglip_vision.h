// SigLIP's vision tower: a picture as one vector per patch.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "nn/layers.h"
#include "nn/seams.h"
#include "weights/name_map.h"

namespace kinema::text {

// pixels uint8 [H, W, 3], already of the size the processor's config asks for -> [1, 3, H, W]
// float32: (pixels * rescale_factor - mean) / std.
at::Tensor siglip_pixel_values(const at::Tensor& pixels,
                               const config::SiglipProcessorConfig& config);

// N patches, C width, D width of a head.
class SiglipLayer {
 public:
  SiglipLayer(const nn::ParamScope& scope, const config::SiglipVisionConfig& config);
  // Updates x [B, N, C] in place.
  void operator()(at::Tensor& x) const;

 private:
  at::Tensor attended(const at::Tensor& x) const;

  int64_t head_dim_;
  nn::LayerNorm norm_1_, norm_2_;
  nn::Linear q_, k_, v_, out_;
  nn::Linear fc_1_, fc_2_;
};

class SiglipVision {
 public:
  SiglipVision(const nn::ParamScope& scope, const config::SiglipVisionConfig& config);

  // How a checkpoint names what is taken; the pooling head is not.
  static weights::NameMap names();

  // pixel_values [B, 3, H, W], H = W = the config's image_size -> [B, N, C], the last hidden state.
  // `blocks` is told of each layer.
  at::Tensor operator()(const at::Tensor& pixel_values, nn::BlockWeights& blocks) const;

 private:
  int64_t patch_size_;
  at::Tensor patch_weight_, patch_bias_;  // [C, 3, P, P], [C]
  at::Tensor positions_;                  // [N, C]
  std::vector<SiglipLayer> layers_;
  nn::LayerNorm post_norm_;
};

}  // namespace kinema::text
