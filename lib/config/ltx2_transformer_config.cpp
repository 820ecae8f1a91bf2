// The keys of LTX2VideoTransformer3DModel.
#include "config/ltx2_transformer_config.h"

#include <algorithm>
#include <string>

#include "base/json.h"

namespace kinema::config {
namespace {

void read_stream(ConfigReader& reader, const std::string& prefix, Ltx2StreamConfig& stream) {
  reader.positive(prefix + "in_channels", stream.in_channels);
  stream.out_channels = reader.integer(prefix + "out_channels", stream.in_channels);
  reader.require(prefix + "out_channels", stream.out_channels == stream.in_channels,
                 prefix + "in_channels (" + std::to_string(stream.in_channels) + ")");
  reader.positive(prefix + "num_attention_heads", stream.num_attention_heads);
  reader.positive(prefix + "attention_head_dim", stream.attention_head_dim);
  reader.require(prefix + "attention_head_dim", stream.attention_head_dim % 2 == 0,
                 "an even number");
  reader.positive(prefix + "cross_attention_dim", stream.cross_attention_dim);
  reader.positive(prefix + "pos_embed_max_pos", stream.pos_embed_max_pos);
  stream.gated_attn = reader.boolean(prefix + "gated_attn", stream.gated_attn);
  stream.cross_attn_mod = reader.boolean(prefix + "cross_attn_mod", stream.cross_attn_mod);
  stream.ff_bias = reader.boolean(prefix + "ff_bias", stream.ff_bias);
  reader.expect(prefix + "patch_size", 1);
  reader.expect(prefix + "patch_size_t", 1);
}

void read_positions(ConfigReader& reader, Ltx2TransformerConfig& config) {
  config.vae_scale_factors = reader.integers("vae_scale_factors", config.vae_scale_factors);
  const auto& factors = config.vae_scale_factors;
  reader.require("vae_scale_factors",
                 factors.size() == 3 && std::all_of(factors.begin(), factors.end(),
                                                    [](auto factor) { return factor > 0; }),
                 "a list of three positive integers");
  reader.positive("base_height", config.base_height);
  reader.positive("base_width", config.base_width);
  reader.positive("audio_scale_factor", config.audio_scale_factor);
  reader.positive("audio_sampling_rate", config.audio_sampling_rate);
  reader.positive("audio_hop_length", config.audio_hop_length);
  config.causal_offset = reader.integer("causal_offset", config.causal_offset);
  reader.positive("rope_theta", config.rope_theta);
  config.rope_double_precision =
      reader.boolean("rope_double_precision", config.rope_double_precision);
  config.rope_type = read_ltx2_rope_type(reader);
}

// The text's width where it is projected or modulated here, and the width that positions of the
// attention between the streams have.
void check_widths(const ConfigReader& reader, const Ltx2TransformerConfig& config) {
  const auto equals = [&](const char* key, int64_t value, int64_t width, const char* whose) {
    reader.require(key, value == width,
                   "the width of the " + std::string(whose) + " (" + std::to_string(width) + ")");
  };
  equals("audio_cross_attention_dim", config.audio.cross_attention_dim, config.audio.width(),
         "audio");
  if (config.use_prompt_embeddings || config.modulates_text()) {
    equals("cross_attention_dim", config.video.cross_attention_dim, config.video.width(), "video");
  }
  reader.require("num_attention_heads",
                 config.audio.width() % (2 * config.video.num_attention_heads) == 0,
                 "a divisor of half the audio's width");
}

}  // namespace

Ltx2TransformerConfig read_ltx2_transformer(ConfigReader reader) {
  Ltx2TransformerConfig config;
  read_stream(reader, "", config.video);
  read_stream(reader, "audio_", config.audio);
  read_positions(reader, config);
  reader.positive("num_layers", config.num_layers);
  reader.positive("norm_eps", config.norm_eps);
  reader.positive("caption_channels", config.caption_channels);
  config.attention_bias = reader.boolean("attention_bias", config.attention_bias);
  config.attention_out_bias = reader.boolean("attention_out_bias", config.attention_out_bias);
  reader.positive("timestep_scale_multiplier", config.timestep_scale_multiplier);
  reader.positive("cross_attn_timestep_scale_multiplier",
                  config.cross_attn_timestep_scale_multiplier);
  config.use_prompt_embeddings =
      reader.boolean("use_prompt_embeddings", config.use_prompt_embeddings);
  config.perturbed_attn = reader.boolean("perturbed_attn", config.perturbed_attn);
  config.use_prompt_adaln_single =
      reader.boolean("use_prompt_adaln_single", config.use_prompt_adaln_single);
  check_widths(reader, config);
  reader.expect("activation_fn", "gelu-approximate");
  reader.expect("qk_norm", "rms_norm_across_heads");
  reader.expect("norm_elementwise_affine", false);
  reader.expect("use_keyframes_abs_pos_embedding", false);
  reader.expect("quantization_config", nullptr);
  reader.finish();
  return config;
}

}  // namespace kinema::config
