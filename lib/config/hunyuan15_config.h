// The component configurations of a HunyuanVideo 1.5 checkpoint, with the reference classes'
// defaults. No LibTorch here: planning reads them too.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "config/config_reader.h"
#include "config/flow_match_config.h"
#include "config/guider_config.h"

namespace kinema::config {

// transformer/config.json (HunyuanVideo15Transformer3DModel).
struct Hunyuan15TransformerConfig {
  int64_t in_channels = 65, out_channels = 32;
  int64_t num_attention_heads = 16, attention_head_dim = 128;
  int64_t num_layers = 54, num_refiner_layers = 2;
  double mlp_ratio = 4.0;
  int64_t patch_size = 1, patch_size_t = 1;
  int64_t text_embed_dim = 3584, text_embed_2_dim = 1472, image_embed_dim = 1152;
  double rope_theta = 256.0;
  std::vector<int64_t> rope_axes_dim = {16, 56, 56};
  int64_t target_size = 640;  // bucket base in pixels: 640 (480p) or 960 (720p)
  bool use_meanflow = false;

  int64_t width() const { return num_attention_heads * attention_head_dim; }
  int64_t mlp_width() const {
    return static_cast<int64_t>(static_cast<double>(width()) * mlp_ratio);
  }
};

// vae/config.json (AutoencoderKLHunyuanVideo15).
struct Hunyuan15VaeConfig {
  int64_t in_channels = 3, out_channels = 3, latent_channels = 32;
  std::vector<int64_t> block_out_channels = {128, 256, 512, 1024, 1024};  // encoder order
  int64_t layers_per_block = 2;
  int64_t spatial_compression_ratio = 16, temporal_compression_ratio = 4;
  double scaling_factor = 1.03682;
};

// text_encoder/config.json (Qwen2_5_VLTextModel); rope keys of transformers 4 and 5, `text_config`
// nesting accepted.
struct QwenTextConfig {
  int64_t vocab_size = 152064, hidden_size = 8192, intermediate_size = 29568;
  int64_t num_hidden_layers = 80, num_attention_heads = 64, num_key_value_heads = 8;
  int64_t head_dim = 128;  // always hidden_size / num_attention_heads
  double rms_norm_eps = 1e-5, rope_theta = 1e6;
};

// text_encoder_2/config.json (T5EncoderModel, ByT5).
struct T5EncoderConfig {
  int64_t vocab_size = 32128, d_model = 512, d_kv = 64, d_ff = 2048;
  int64_t num_layers = 6, num_heads = 8;
  int64_t relative_attention_num_buckets = 32, relative_attention_max_distance = 128;
  double layer_norm_epsilon = 1e-6;
};

// image_encoder/config.json (SiglipVisionModel); `vision_config` nesting accepted.
struct SiglipVisionConfig {
  int64_t hidden_size = 768, intermediate_size = 3072;
  int64_t num_hidden_layers = 12, num_attention_heads = 12;
  int64_t num_channels = 3, image_size = 224, patch_size = 16;
  double layer_norm_eps = 1e-6;
};

// feature_extractor/preprocessor_config.json (SiglipImageProcessor).
struct SiglipProcessorConfig {
  int64_t height = 224, width = 224;
  double rescale_factor = 1.0 / 255.0;
  std::array<double, 3> image_mean = {0.5, 0.5, 0.5}, image_std = {0.5, 0.5, 0.5};
};

// Each reads one file's JSON by decisions: missing key = default, "_" keys mean nothing,
// unsupported value = Error(kModel), unknown key = one warning naming it (an error in strict mode).
Hunyuan15TransformerConfig read_hunyuan15_transformer(ConfigReader reader);
Hunyuan15VaeConfig read_hunyuan15_vae(ConfigReader reader);
QwenTextConfig read_qwen_text(ConfigReader reader);
T5EncoderConfig read_t5_encoder(ConfigReader reader);
SiglipVisionConfig read_siglip_vision(ConfigReader reader);
SiglipProcessorConfig read_siglip_processor(ConfigReader reader);

}  // namespace kinema::config
