// What a HunyuanVideo 1.5 checkpoint's configurations say.
#pragma once

#include <optional>

#include "config/hunyuan15_config.h"

namespace kinema::plan {

struct Hunyuan15Configs {
  config::Hunyuan15TransformerConfig transformer;
  config::Hunyuan15VaeConfig vae;
  config::QwenTextConfig text_encoder;
  config::T5EncoderConfig text_encoder_2;
  std::optional<config::SiglipVisionConfig> image_encoder;  // these two for image-to-video only
  std::optional<config::SiglipProcessorConfig> image_processor;
  config::FlowMatchConfig scheduler;
  config::GuiderConfig guider;
};

}  // namespace kinema::plan
