// What a checkpoint's small files and headers say about it: enough to check and plan a job without
// reading a weight.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/component.h"
#include "checkpoint/model_index.h"
#include "config/hunyuan15_config.h"
#include "config/request.h"
#include "plan/geometry.h"

namespace kinema::plan {

using checkpoint::Task;

// One entry of model_index.json that has weights.
struct ComponentFacts {
  std::string name;               // "text_encoder"
  std::string class_name;         // "Qwen2_5_VLTextModel"
  std::filesystem::path weights;  // folder or file
  std::filesystem::path config;   // config.json
};

// The configurations of a HunyuanVideo 1.5 checkpoint.
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

// What a job gets where it says nothing.
struct ModelDefaults {
  int64_t num_frames = 121;
  config::Rational fps = {24, 1};
  int64_t num_inference_steps = 50;
  double flow_shift = 1, guidance_scale = 1, guidance_rescale = 0;
  int64_t vae_tile_size = 256;  // output pixels; the stride is three quarters of it
};

struct ModelFacts {
  checkpoint::ModelIndex index;
  std::string title;    // "HunyuanVideo 1.5"
  std::string variant;  // "480p_t2v", "720p_i2v_distilled", …
  ShapeRules shape;
  ModelDefaults defaults;
  std::vector<ComponentFacts> components;
  Hunyuan15Configs hunyuan15;

  Task task() const { return index.task; }
  const ComponentFacts& component(const std::string& name) const;
  // Forwards a step at this guidance: 2, or 1 where guidance is off.
  int64_t branches(double guidance_scale) const;
};

// Reads the configurations of `request.model` and its component overrides. Throws Error(kModel)
// with every fault.
ModelFacts read_model(const config::Request& request);

}  // namespace kinema::plan
