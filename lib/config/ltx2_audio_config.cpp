// The two vocoder classes share their keys; the bandwidth extension's begin with "bwe_".
#include "config/ltx2_audio_config.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

#include "base/json.h"

namespace kinema::config {
namespace {

void read_positive_list(ConfigReader& reader,
                        const std::string& key,
                        std::vector<int64_t>& values) {
  values = reader.integers(key, values);
  reader.require(
      key,
      !values.empty() && std::all_of(values.begin(), values.end(), [](auto v) { return v > 0; }),
      "a list of positive integers");
}

Ltx2VocoderActivation read_activation(ConfigReader& reader,
                                      const std::string& key,
                                      const std::string& fallback) {
  const auto name = reader.string(key, fallback);
  reader.require(key, name == "leaky_relu" || name == "snake" || name == "snakebeta",
                 "\"leaky_relu\", \"snake\" or \"snakebeta\"");
  if (name == "leaky_relu") return Ltx2VocoderActivation::kLeakyRelu;
  return name == "snake" ? Ltx2VocoderActivation::kSnake : Ltx2VocoderActivation::kSnakeBeta;
}

// The reference does nothing for any other name.
Ltx2FinalActivation read_final(ConfigReader& reader, const std::string& key, bool with_tanh) {
  const auto name = reader.string(key, with_tanh && !reader.is_null(key) ? "tanh" : "");
  reader.require(key, name.empty() || name == "tanh" || name == "clamp",
                 "null, \"tanh\" or \"clamp\"");
  if (name.empty()) return Ltx2FinalActivation::kNone;
  return name == "tanh" ? Ltx2FinalActivation::kTanh : Ltx2FinalActivation::kClamp;
}

void check_stages(const ConfigReader& reader,
                  const std::string& prefix,
                  const Ltx2GeneratorConfig& config) {
  const auto stages = config.upsample_factors.size();
  reader.require(prefix + "upsample_kernel_sizes", config.upsample_kernel_sizes.size() == stages,
                 "one for each of upsample_factors");
  for (size_t i = 0; i < stages; ++i) {
    reader.require(prefix + "upsample_kernel_sizes",
                   config.upsample_kernel_sizes[i] >= config.upsample_factors[i],
                   "nothing below the factor beside it");
  }
  reader.require(prefix + "hidden_channels", config.hidden_channels >> stages > 0,
                 "a width that can be halved at every upsampling");
  reader.require(prefix + "resnet_dilations",
                 config.resnet_dilations.size() == config.resnet_kernel_sizes.size(),
                 "one list for each of resnet_kernel_sizes");
  // What the reference builds then is not what it means: each activation around the one before.
  reader.require(prefix + "antialias",
                 !config.antialias || config.activation != Ltx2VocoderActivation::kLeakyRelu,
                 "false beside leaky_relu");
}

// `config` holds the fallbacks.
void read_generator(ConfigReader& reader,
                    const std::string& prefix,
                    bool with_bandwidth,
                    Ltx2GeneratorConfig& config) {
  reader.positive(prefix + "in_channels", config.in_channels);
  reader.positive(prefix + "hidden_channels", config.hidden_channels);
  reader.positive(prefix + "out_channels", config.out_channels);
  read_positive_list(reader, prefix + "upsample_kernel_sizes", config.upsample_kernel_sizes);
  read_positive_list(reader, prefix + "upsample_factors", config.upsample_factors);
  read_positive_list(reader, prefix + "resnet_kernel_sizes", config.resnet_kernel_sizes);
  config.resnet_dilations =
      reader.integer_lists(prefix + "resnet_dilations", config.resnet_dilations);
  config.activation =
      read_activation(reader, prefix + "act_fn", with_bandwidth ? "snakebeta" : "leaky_relu");
  config.leaky_relu_negative_slope =
      reader.number(prefix + "leaky_relu_negative_slope", config.leaky_relu_negative_slope);
  config.antialias = reader.boolean(prefix + "antialias", with_bandwidth);
  reader.positive(prefix + "antialias_ratio", config.antialias_ratio);
  reader.positive(prefix + "antialias_kernel_size", config.antialias_kernel_size);
  config.final_activation = read_final(reader, prefix + "final_act_fn", !with_bandwidth);
  config.final_bias = reader.boolean(prefix + "final_bias", !with_bandwidth);
  check_stages(reader, prefix, config);
}

Ltx2BandwidthConfig read_bandwidth(ConfigReader& reader, const Ltx2GeneratorConfig& before) {
  Ltx2BandwidthConfig config;
  config.generator.hidden_channels = 512;
  config.generator.upsample_kernel_sizes = {12, 11, 4, 4, 4};
  config.generator.upsample_factors = {6, 5, 2, 2, 2};
  read_generator(reader, "bwe_", /*with_bandwidth=*/true, config.generator);
  reader.positive("filter_length", config.filter_length);
  reader.positive("hop_length", config.hop_length);
  reader.positive("window_length", config.window_length);
  reader.positive("num_mel_channels", config.num_mel_channels);
  reader.positive("input_sampling_rate", config.input_sampling_rate);
  reader.positive("output_sampling_rate", config.output_sampling_rate);
  reader.require("output_sampling_rate",
                 config.output_sampling_rate % config.input_sampling_rate == 0,
                 "a multiple of input_sampling_rate");
  const int64_t ratio = config.output_sampling_rate / config.input_sampling_rate;
  reader.require("bwe_upsample_factors", config.generator.upsampling() == config.hop_length * ratio,
                 "a product of hop_length x output_sampling_rate / input_sampling_rate");
  reader.require("bwe_in_channels",
                 config.generator.in_channels == before.out_channels * config.num_mel_channels,
                 "out_channels x num_mel_channels");
  reader.require("bwe_out_channels", config.generator.out_channels == before.out_channels,
                 "out_channels");
  return config;
}

}  // namespace

int64_t Ltx2GeneratorConfig::upsampling() const {
  return std::accumulate(upsample_factors.begin(), upsample_factors.end(), int64_t{1},
                         std::multiplies<>());
}

Ltx2AudioVaeConfig read_ltx2_audio_vae(ConfigReader reader) {
  Ltx2AudioVaeConfig config;
  reader.positive("base_channels", config.base_channels);
  reader.positive("in_channels", config.in_channels);
  reader.positive("output_channels", config.output_channels);
  reader.positive("latent_channels", config.latent_channels);
  read_positive_list(reader, "ch_mult", config.ch_mult);
  reader.positive("num_res_blocks", config.num_res_blocks);
  reader.positive("mel_bins", config.mel_bins);
  reader.positive("sample_rate", config.sample_rate);
  reader.positive("mel_hop_length", config.mel_hop_length);
  config.double_z = reader.boolean("double_z", config.double_z);
  // The reference keeps its statistics of the tokens in a tensor of base_channels.
  reader.require("base_channels", config.base_channels == config.token_channels(),
                 "latent_channels x mel_bins / 4 = " + std::to_string(config.token_channels()));
  reader.expect("norm_type", "pixel");
  reader.expect("causality_axis", "height");
  reader.expect("mid_block_add_attention", false);
  if (reader.has("attn_resolutions")) reader.expect("attn_resolutions", Json::array());
  // Of training, or not used by the reference.
  reader.ignore({"resolution", "dropout", "is_causal", "attn_resolutions"});
  reader.finish();
  return config;
}

Ltx2VocoderConfig read_ltx2_vocoder(ConfigReader reader) {
  Ltx2VocoderConfig config;
  const bool with_bandwidth = reader.string("_class_name", "") == "LTX2VocoderWithBWE";
  if (with_bandwidth) {
    config.generator.hidden_channels = 1536;
    config.generator.upsample_kernel_sizes = {11, 4, 4, 4, 4, 4};
    config.generator.upsample_factors = {5, 2, 2, 2, 2, 2};
  }
  read_generator(reader, "", with_bandwidth, config.generator);
  if (with_bandwidth) {
    config.bandwidth = read_bandwidth(reader, config.generator);
    config.output_sampling_rate = config.bandwidth->output_sampling_rate;
  } else {
    reader.positive("output_sampling_rate", config.output_sampling_rate);
  }
  reader.finish();
  return config;
}

}  // namespace kinema::config
