// The keys of the two stacks differ in their first word only.
#include "config/ltx2_connectors_config.h"

#include <string>

namespace kinema::config {
namespace {

void read_stack(ConfigReader& reader, const std::string& name, Ltx2ConnectorConfig& stack) {
  const auto prefix = name + "_connector_";
  reader.positive(prefix + "num_attention_heads", stack.num_attention_heads);
  reader.positive(prefix + "attention_head_dim", stack.attention_head_dim);
  reader.positive(prefix + "num_layers", stack.num_layers);
  reader.positive(prefix + "num_learnable_registers", stack.num_learnable_registers);
  reader.require(prefix + "num_learnable_registers",
                 !reader.is_null(prefix + "num_learnable_registers"),
                 "a positive integer (connectors without registers are not supported)");
  reader.require(prefix + "attention_head_dim", stack.attention_head_dim % 2 == 0,
                 "an even number");
  stack.gated_attn = reader.boolean(name + "_gated_attn", false);
}

// What goes into a stack is as wide as its blocks.
void check_width(const ConfigReader& reader,
                 const std::string& name,
                 const Ltx2ConnectorConfig& stack,
                 const std::string& key,
                 int64_t width) {
  reader.require(key, stack.width() == width,
                 name + "_connector_num_attention_heads x " + name +
                     "_connector_attention_head_dim = " + std::to_string(stack.width()));
}

}  // namespace

Ltx2ConnectorsConfig read_ltx2_connectors(ConfigReader reader) {
  Ltx2ConnectorsConfig config;
  reader.positive("caption_channels", config.caption_channels);
  reader.positive("text_proj_in_factor", config.text_proj_in_factor);
  read_stack(reader, "video", config.video);
  read_stack(reader, "audio", config.audio);
  reader.positive("connector_rope_base_seq_len", config.rope_base_seq_len);
  reader.positive("rope_theta", config.rope_theta);
  config.rope_double_precision = reader.boolean("rope_double_precision", true);
  config.rope_type = read_ltx2_rope_type(reader);
  config.per_modality_projections = reader.boolean("per_modality_projections", false);
  config.proj_bias = reader.boolean("proj_bias", false);
  reader.positive("video_hidden_dim", config.video_hidden_dim);
  reader.positive("audio_hidden_dim", config.audio_hidden_dim);
  const bool own = config.per_modality_projections;
  check_width(reader, "video", config.video, own ? "video_hidden_dim" : "caption_channels",
              own ? config.video_hidden_dim : config.caption_channels);
  check_width(reader, "audio", config.audio, own ? "audio_hidden_dim" : "caption_channels",
              own ? config.audio_hidden_dim : config.caption_channels);
  // The reference keeps it and does not use it.
  reader.ignore({"causal_temporal_positioning"});
  reader.finish();
  return config;
}

}  // namespace kinema::config
