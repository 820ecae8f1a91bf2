// The transformer's configuration of an LTX-2 checkpoint, with the reference class's defaults. No
// LibTorch here: planning reads it too.
#pragma once

#include <cstdint>
#include <vector>

#include "config/config_reader.h"
#include "config/ltx2_rope_type.h"

namespace kinema::config {

// What video and audio each have of their own.
struct Ltx2StreamConfig {
  int64_t in_channels, out_channels;
  int64_t num_attention_heads, attention_head_dim;
  int64_t cross_attention_dim;  // width of the text
  int64_t pos_embed_max_pos;    // seconds
  bool gated_attn = false;      // gates on the heads of every attention with this stream's queries
  bool cross_attn_mod = false;  // the queries of the text attention are modulated
  bool ff_bias = true;

  int64_t width() const { return num_attention_heads * attention_head_dim; }
  int64_t mlp_width() const { return 4 * width(); }
  // Vectors of modulation that a block has for this stream.
  int64_t modulations() const { return cross_attn_mod ? 9 : 6; }
};

// transformer/config.json (LTX2VideoTransformer3DModel); keys of the audio begin with "audio_".
struct Ltx2TransformerConfig {
  Ltx2StreamConfig video = {128, 128, 32, 128, 4096, 20};
  Ltx2StreamConfig audio = {128, 128, 32, 64, 2048, 20};
  std::vector<int64_t> vae_scale_factors = {8, 32, 32};  // time, height, width
  int64_t base_height = 2048, base_width = 2048;         // pixels
  int64_t audio_scale_factor = 4, audio_sampling_rate = 16000, audio_hop_length = 160;
  int64_t causal_offset = 1;
  int64_t num_layers = 48;
  double norm_eps = 1e-6;
  int64_t caption_channels = 3840;
  bool attention_bias = true, attention_out_bias = true;
  double rope_theta = 10000.0;
  bool rope_double_precision = true;
  Ltx2RopeType rope_type = Ltx2RopeType::kInterleaved;
  double timestep_scale_multiplier = 1000, cross_attn_timestep_scale_multiplier = 1000;
  bool use_prompt_embeddings = true;    // the text is projected here and not by the connectors
  bool perturbed_attn = false;          // whether spatio-temporal guidance has an effect
  bool use_prompt_adaln_single = true;  // the text's modulation depends on the step

  // Whether keys and values of the text are made from modulated text.
  bool modulates_text() const { return video.cross_attn_mod || audio.cross_attn_mod; }
  // Whether that modulation changes from step to step.
  bool text_follows_step() const { return modulates_text() && use_prompt_adaln_single; }
};

// Missing key = default, "_" keys mean nothing, unsupported value = Error(kModel), unknown key =
// one warning naming it (an error in strict mode).
Ltx2TransformerConfig read_ltx2_transformer(ConfigReader reader);

}  // namespace kinema::config
