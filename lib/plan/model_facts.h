// What a checkpoint's small files and headers say about it: enough to check and plan a job without
// reading a weight.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/component.h"
#include "checkpoint/low_rank.h"
#include "checkpoint/model_index.h"
#include "config/request.h"
#include "plan/family_rules.h"
#include "plan/geometry.h"
#include "plan/hunyuan15_facts.h"
#include "plan/lora.h"
#include "plan/ltx2_facts.h"
#include "plan/recommended.h"

namespace kinema::plan {

using checkpoint::Task;

// One entry of model_index.json that has weights.
struct ComponentFacts {
  std::string name;               // "text_encoder"
  std::string class_name;         // "Qwen2_5_VLTextModel"
  std::filesystem::path weights;  // folder or file
  std::filesystem::path config;   // config.json
  checkpoint::Adapters adapters;  // what the job's LoRA files add to its parameters
};

// What a job of any family gets where it says nothing.
struct ModelDefaults {
  int64_t num_frames = 121;
  config::Rational fps = {24, 1};
  int64_t vae_tile_size = 256;  // output pixels
  // Of a tile's side, how far the next one is.
  config::Rational vae_tile_stride = {3, 4};
};

struct ModelFacts {
  checkpoint::ModelIndex index;
  std::string title;    // "HunyuanVideo 1.5"
  std::string variant;  // "480p_t2v", "720p_i2v_distilled", …
  ShapeRules shape;
  ModelDefaults defaults;
  Recommended recommended;
  std::vector<ComponentFacts> components;
  std::vector<LoraUse> loras;  // in their order
  // Of these only the one of index.family is filled in.
  Hunyuan15Configs hunyuan15;
  Ltx2Configs ltx2;

  Task task() const { return index.task; }
  const ComponentFacts& component(const std::string& name) const;
  const FamilyRules& rules() const { return family_rules(index.family); }
};

// Reads the configurations of `request.model` and its component overrides, and the headers of its
// LoRA files. Throws Error(kModel) with every fault.
ModelFacts read_model(const config::Request& request);

}  // namespace kinema::plan
