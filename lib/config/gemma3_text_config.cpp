// transformers' rules where old and new spellings stand side by side.
#include "config/gemma3_text_config.h"

#include <string>
#include <utility>

#include "base/json.h"
#include "config/transformers_config.h"

namespace kinema::config {
namespace {

constexpr const char* kSliding = "sliding_attention";
constexpr const char* kFull = "full_attention";

// One object of rope_type, factor and perhaps rope_theta. Only linear scaling has a factor.
void read_rope(ConfigReader rope, Gemma3Rope& out) {
  const auto type = rope.string("rope_type", rope.string("type", "default"));
  rope.require(rope.has("rope_type") ? "rope_type" : "type", type == "default" || type == "linear",
               "\"default\" or \"linear\"");
  rope.expect("partial_rotary_factor", 1.0);
  rope.positive("rope_theta", out.theta);
  double factor = 1.0;
  rope.positive("factor", factor);
  if (type == "linear") out.factor = factor;
  rope.finish();
}

// transformers 4 writes rope_theta, rope_local_base_freq and rope_scaling (of the full layers),
// transformers 5 rope_parameters for each kind of layer; the latter's bases win.
void read_ropes(ConfigReader& reader, Gemma3TextConfig& config) {
  reader.positive("rope_theta", config.full_rope.theta);
  reader.positive("rope_local_base_freq", config.sliding_rope.theta);
  auto both = reader.child("rope_parameters");
  read_rope(both.child(kFull), config.full_rope);
  read_rope(both.child(kSliding), config.sliding_rope);
  both.finish();
  read_rope(reader.child("rope_scaling"), config.full_rope);
}

// Every sixth layer is full unless the file lists the layers.
void read_layers(ConfigReader& reader, Gemma3TextConfig& config) {
  reader.positive("sliding_window", config.sliding_window);
  int64_t pattern = 6;
  reader.positive("sliding_window_pattern", pattern);
  std::vector<std::string> types;
  for (int64_t i = 1; i <= config.num_hidden_layers; ++i)
    types.emplace_back(i % pattern == 0 ? kFull : kSliding);
  types = reader.strings("layer_types", types);
  reader.require("layer_types", static_cast<int64_t>(types.size()) == config.num_hidden_layers,
                 "one for each of num_hidden_layers");
  for (const auto& type : types) {
    reader.require("layer_types", type == kFull || type == kSliding,
                   "a list of \"full_attention\" and \"sliding_attention\"");
    config.is_sliding.push_back(type == kSliding);
  }
}

}  // namespace

Gemma3TextConfig read_gemma3_text(ConfigReader file) {
  auto reader = unnested(std::move(file), "text_config");
  Gemma3TextConfig config;
  reader.positive("vocab_size", config.vocab_size);
  reader.positive("hidden_size", config.hidden_size);
  reader.positive("intermediate_size", config.intermediate_size);
  reader.positive("num_hidden_layers", config.num_hidden_layers);
  reader.positive("num_attention_heads", config.num_attention_heads);
  reader.positive("num_key_value_heads", config.num_key_value_heads);
  reader.require("num_key_value_heads",
                 config.num_attention_heads % config.num_key_value_heads == 0,
                 "a divisor of num_attention_heads");
  reader.positive("head_dim", config.head_dim);
  reader.require("head_dim", config.head_dim % 2 == 0, "an even number");
  config.rms_norm_eps = reader.number("rms_norm_eps", config.rms_norm_eps);
  reader.positive("query_pre_attn_scalar", config.query_pre_attn_scalar);
  read_layers(reader, config);
  read_ropes(reader, config);
  reader.expect("hidden_activation", "gelu_pytorch_tanh");
  reader.expect("attention_bias", false);
  reader.expect("use_bidirectional_attention", false);
  // The reference's attention does not look at the first; logits are not made here.
  reader.ignore({"attn_logit_softcapping", "final_logit_softcapping", "cache_implementation",
                 "max_position_embeddings", "hidden_act"});
  ignore_transformers_keys(reader);
  reader.finish();
  return config;
}

}  // namespace kinema::config
