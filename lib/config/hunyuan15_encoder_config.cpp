// The transformers side of a HunyuanVideo 1.5 checkpoint: text encoders, image encoder, image
// processor.
#include <algorithm>

#include "config/hunyuan15_config.h"
#include "config/transformers_config.h"

#include "base/json.h"

namespace kinema::config {
namespace {

// transformers 5 writes rope_parameters, transformers 4 rope_scaling with rope_theta beside it; the
// reference prefers the latter where both stand. The sections of the positions' axes do not matter:
// for text all three are equal.
double rope_theta(ConfigReader& reader, double fallback) {
  double theta = reader.number("rope_theta", fallback);
  reader.ignore({"rope_scaling", "rope_parameters"});
  auto rope = reader.child(reader.has("rope_scaling") ? "rope_scaling" : "rope_parameters");
  const auto type = rope.string("rope_type", rope.string("type", "default"));
  rope.require(rope.has("rope_type") ? "rope_type" : "type", type == "default" || type == "mrope",
               "\"default\" or \"mrope\"");
  rope.expect("partial_rotary_factor", 1.0);
  rope.ignore({"mrope_section"});
  rope.positive("rope_theta", theta);
  rope.finish();
  return theta;
}

void check_full_attention(ConfigReader& reader) {
  reader.expect("use_sliding_window", false);
  reader.ignore({"sliding_window", "max_window_layers", "max_position_embeddings"});
  if (!reader.has("layer_types")) return;
  const auto types = reader.strings("layer_types", {});
  const bool full = std::all_of(types.begin(), types.end(),
                                [](const auto& type) { return type == "full_attention"; });
  reader.require("layer_types", full, "\"full_attention\" in every layer");
}

}  // namespace

QwenTextConfig read_qwen_text(ConfigReader file) {
  auto reader = unnested(std::move(file), "text_config");
  QwenTextConfig config;
  reader.positive("vocab_size", config.vocab_size);
  reader.positive("hidden_size", config.hidden_size);
  reader.positive("intermediate_size", config.intermediate_size);
  reader.positive("num_hidden_layers", config.num_hidden_layers);
  reader.positive("num_attention_heads", config.num_attention_heads);
  reader.positive("num_key_value_heads", config.num_key_value_heads);
  reader.require("num_attention_heads", config.hidden_size % config.num_attention_heads == 0,
                 "a divisor of hidden_size");
  reader.require("num_key_value_heads",
                 config.num_attention_heads % config.num_key_value_heads == 0,
                 "a divisor of num_attention_heads");
  config.head_dim = config.hidden_size / config.num_attention_heads;
  reader.expect("head_dim", config.head_dim);
  config.rms_norm_eps = reader.number("rms_norm_eps", config.rms_norm_eps);
  config.rope_theta = rope_theta(reader, config.rope_theta);
  reader.expect("hidden_act", "silu");
  check_full_attention(reader);
  // Of the composite model around it, where the file is not nested.
  reader.ignore({"image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id",
                 "vision_token_id", "vision_config"});
  ignore_transformers_keys(reader);
  reader.finish();
  return config;
}

T5EncoderConfig read_t5_encoder(ConfigReader reader) {
  T5EncoderConfig config;
  reader.positive("vocab_size", config.vocab_size);
  reader.positive("d_model", config.d_model);
  reader.positive("d_kv", config.d_kv);
  reader.positive("d_ff", config.d_ff);
  reader.positive("num_layers", config.num_layers);
  reader.positive("num_heads", config.num_heads);
  reader.positive("relative_attention_num_buckets", config.relative_attention_num_buckets);
  reader.positive("relative_attention_max_distance", config.relative_attention_max_distance);
  config.layer_norm_epsilon = reader.number("layer_norm_epsilon", config.layer_norm_epsilon);
  reader.expect("feed_forward_proj", "gated-gelu", "relu");
  // The reference derives the two from feed_forward_proj; the others are the decoder's, or
  // training's.
  reader.ignore({"dense_act_fn", "is_gated_act", "num_decoder_layers", "classifier_dropout",
                 "dropout_rate", "scale_decoder_outputs", "n_positions"});
  ignore_transformers_keys(reader);
  reader.finish();
  return config;
}

SiglipVisionConfig read_siglip_vision(ConfigReader file) {
  auto reader = unnested(std::move(file), "vision_config");
  SiglipVisionConfig config;
  reader.positive("hidden_size", config.hidden_size);
  reader.positive("intermediate_size", config.intermediate_size);
  reader.positive("num_hidden_layers", config.num_hidden_layers);
  reader.positive("num_attention_heads", config.num_attention_heads);
  reader.require("num_attention_heads", config.hidden_size % config.num_attention_heads == 0,
                 "a divisor of hidden_size");
  reader.positive("num_channels", config.num_channels);
  reader.positive("image_size", config.image_size);
  reader.positive("patch_size", config.patch_size);
  reader.require("patch_size", config.patch_size <= config.image_size, "a size up to image_size");
  config.layer_norm_eps = reader.number("layer_norm_eps", config.layer_norm_eps);
  reader.expect("hidden_act", "gelu_pytorch_tanh");
  // The pooling head's output is not used.
  reader.ignore({"vision_use_head"});
  ignore_transformers_keys(reader);
  reader.finish();
  return config;
}

SiglipProcessorConfig read_siglip_processor(ConfigReader reader) {
  SiglipProcessorConfig config;
  auto size = reader.child("size");
  size.positive("height", config.height);
  size.positive("width", config.width);
  size.finish();
  reader.positive("rescale_factor", config.rescale_factor);
  const auto triple = [&](const std::string& key, std::array<double, 3>& values) {
    const auto read = reader.numbers(key, {values.begin(), values.end()});
    reader.require(key, read.size() == values.size(), "a list of three numbers");
    std::copy(read.begin(), read.end(), values.begin());
  };
  triple("image_mean", config.image_mean);
  triple("image_std", config.image_std);
  reader.require(
      "image_std",
      std::all_of(config.image_std.begin(), config.image_std.end(), [](double s) { return s > 0; }),
      "a list of three positive numbers");
  for (const auto* key : {"do_resize", "do_rescale", "do_normalize"}) reader.expect(key, true);
  reader.expect("resample", 3);  // PIL's bicubic
  for (const auto* key : {"do_center_crop", "do_pad"}) reader.expect(key, false);
  // Pictures are RGB when they come here; the rest describes how Python handles them.
  reader.ignore({"do_convert_rgb", "feature_extractor_type", "image_processor_type",
                 "processor_class", "crop_size", "pad_size", "data_format", "input_data_format",
                 "default_to_square", "device", "disable_grouping", "return_tensors",
                 "image_seq_length", "size_divisor"});
  reader.finish();
  return config;
}

}  // namespace kinema::config
