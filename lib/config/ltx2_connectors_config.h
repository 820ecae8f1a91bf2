// connectors/config.json (LTX2TextConnectors), with the reference class's defaults.
#pragma once

#include <cstdint>

#include "config/config_reader.h"
#include "config/ltx2_rope_type.h"

namespace kinema::config {

// One of the two stacks of blocks.
struct Ltx2ConnectorConfig {
  int64_t num_attention_heads = 30, attention_head_dim = 128;
  int64_t num_layers = 2, num_learnable_registers = 128;
  bool gated_attn = false;

  int64_t width() const { return num_attention_heads * attention_head_dim; }
};

struct Ltx2ConnectorsConfig {
  int64_t caption_channels = 3840;   // the text encoder's width
  int64_t text_proj_in_factor = 49;  // its hidden states: embedding and layers
  Ltx2ConnectorConfig video, audio;
  int64_t rope_base_seq_len = 4096;
  double rope_theta = 1e4;
  bool rope_double_precision = true;
  Ltx2RopeType rope_type = Ltx2RopeType::kInterleaved;
  // LTX-2.3: a projection for each of video and audio, of RMS-normalised states; otherwise one of
  // range-normalised states for both.
  bool per_modality_projections = false;
  bool proj_bias = false;
  int64_t video_hidden_dim = 4096, audio_hidden_dim = 2048;  // of the projections, if two

  int64_t features() const { return caption_channels * text_proj_in_factor; }
};

// Throws Error(kModel), also if a connector's width is not that of the projection before it.
Ltx2ConnectorsConfig read_ltx2_connectors(ConfigReader reader);

}  // namespace kinema::config
