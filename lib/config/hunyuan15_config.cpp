// The diffusers side of a HunyuanVideo 1.5 checkpoint: transformer and VAE.
#include "config/hunyuan15_config.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/json.h"

namespace kinema::config {
namespace {

void check_rope_axes(const ConfigReader& reader, const Hunyuan15TransformerConfig& config) {
  const auto& axes = config.rope_axes_dim;
  const bool even =
      std::all_of(axes.begin(), axes.end(), [](auto dim) { return dim > 0 && dim % 2 == 0; });
  const auto sum = std::accumulate(axes.begin(), axes.end(), int64_t{0});
  reader.require("rope_axes_dim", axes.size() == 3 && even && sum == config.attention_head_dim,
                 "three even numbers whose sum is attention_head_dim (" +
                     std::to_string(config.attention_head_dim) + ")");
}

void check_vae_levels(const ConfigReader& reader, const Hunyuan15VaeConfig& config) {
  const auto spatial = static_cast<uint64_t>(config.spatial_compression_ratio);
  const auto temporal = static_cast<uint64_t>(config.temporal_compression_ratio);
  reader.require("spatial_compression_ratio", std::has_single_bit(spatial), "a power of two");
  reader.require("temporal_compression_ratio", std::has_single_bit(temporal) && temporal <= spatial,
                 "a power of two up to spatial_compression_ratio");
  const auto& channels = config.block_out_channels;
  const auto halvings = static_cast<size_t>(std::countr_zero(spatial));
  const bool enough = channels.size() > halvings;
  const bool all_positive =
      std::all_of(channels.begin(), channels.end(), [](auto count) { return count > 0; });
  reader.require("block_out_channels", enough && all_positive,
                 "a list of more than " + std::to_string(halvings) + " positive integers");
}

}  // namespace

Hunyuan15TransformerConfig read_hunyuan15_transformer(ConfigReader reader) {
  Hunyuan15TransformerConfig config;
  reader.positive("in_channels", config.in_channels);
  reader.positive("out_channels", config.out_channels);
  reader.require("in_channels", config.in_channels == 2 * config.out_channels + 1,
                 "2 * out_channels + 1 (latents, condition latents, mask)");
  reader.positive("num_attention_heads", config.num_attention_heads);
  reader.positive("attention_head_dim", config.attention_head_dim);
  reader.positive("num_layers", config.num_layers);
  reader.positive("num_refiner_layers", config.num_refiner_layers);
  reader.positive("mlp_ratio", config.mlp_ratio);
  reader.positive("patch_size", config.patch_size);
  reader.positive("patch_size_t", config.patch_size_t);
  reader.positive("text_embed_dim", config.text_embed_dim);
  reader.positive("text_embed_2_dim", config.text_embed_2_dim);
  reader.positive("image_embed_dim", config.image_embed_dim);
  reader.positive("rope_theta", config.rope_theta);
  config.rope_axes_dim = reader.integers("rope_axes_dim", config.rope_axes_dim);
  check_rope_axes(reader, config);
  reader.positive("target_size", config.target_size);
  config.use_meanflow = reader.boolean("use_meanflow", config.use_meanflow);
  reader.expect("qk_norm", "rms_norm");
  // Text-to-video files say "i2v" too: the pipeline's class decides.
  reader.ignore({"task_type"});
  reader.expect("quantization_config", nullptr);
  reader.finish();
  return config;
}

Hunyuan15VaeConfig read_hunyuan15_vae(ConfigReader reader) {
  Hunyuan15VaeConfig config;
  reader.positive("in_channels", config.in_channels);
  reader.positive("out_channels", config.out_channels);
  reader.positive("latent_channels", config.latent_channels);
  config.block_out_channels = reader.integers("block_out_channels", config.block_out_channels);
  reader.positive("layers_per_block", config.layers_per_block);
  reader.positive("spatial_compression_ratio", config.spatial_compression_ratio);
  reader.positive("temporal_compression_ratio", config.temporal_compression_ratio);
  check_vae_levels(reader, config);
  reader.positive("scaling_factor", config.scaling_factor);
  reader.expect("downsample_match_channel", true);
  reader.expect("upsample_match_channel", true);
  reader.expect("quantization_config", nullptr);
  reader.finish();
  return config;
}

}  // namespace kinema::config
