// The class takes the decoder's lists from the pixels inwards and walks them backwards, except for
// upsample_type, which it walks as it is.
#include "config/ltx2_video_vae_config.h"

#include <algorithm>
#include <functional>
#include <string>

#include "base/json.h"

namespace kinema::config {
namespace {

// A list of `count` positive integers.
std::vector<int64_t> positives(ConfigReader& reader,
                               const std::string& key,
                               const std::vector<int64_t>& fallback,
                               size_t count) {
  auto values = reader.integers(key, fallback);
  reader.require(key,
                 values.size() == count && std::all_of(values.begin(), values.end(),
                                                       [](auto value) { return value > 0; }),
                 "a list of " + std::to_string(count) + " positive integers");
  return values;
}

std::vector<std::string> names(ConfigReader& reader,
                               const std::string& key,
                               const std::vector<std::string>& fallback,
                               size_t count) {
  auto values = reader.strings(key, fallback);
  reader.require(key, values.size() == count, "a list of " + std::to_string(count) + " strings");
  return values;
}

Ltx2Factors factors(const ConfigReader& reader, const std::string& key, const std::string& type) {
  if (type == "spatial") return {1, 2, 2};
  if (type == "temporal") return {2, 1, 1};
  reader.require(key, type == "spatiotemporal", "of \"spatial\", \"temporal\", \"spatiotemporal\"");
  return {2, 2, 2};
}

Ltx2Padding padding(ConfigReader& reader, const std::string& key, const std::string& fallback) {
  const auto mode = reader.string(key, fallback);
  reader.require(key, mode == "zeros" || mode == "reflect", "\"zeros\" or \"reflect\"");
  return mode == "zeros" ? Ltx2Padding::kZeros : Ltx2Padding::kReflect;
}

void read_encoder(ConfigReader& reader, Ltx2VideoVaeConfig& config) {
  const auto widths = reader.integers("block_out_channels", {256, 512, 1024, 2048});
  reader.require("block_out_channels", !widths.empty(), "a list that is not empty");
  const size_t count = widths.size();
  const auto out = positives(reader, "block_out_channels", widths, count);
  const auto resnets = positives(reader, "layers_per_block", {4, 6, 6, 2, 2}, count + 1);
  const auto scales = reader.booleans("spatio_temporal_scaling", std::vector<bool>(count, true));
  const auto types = names(reader, "downsample_type",
                           {"spatial", "temporal", "spatiotemporal", "spatiotemporal"}, count);
  int64_t in = config.latent_channels;
  for (size_t i = 0; i < count; ++i) {
    Ltx2DownLevel level = {in, out[i], resnets[i], std::nullopt};
    if (scales[i]) {
      level.down = factors(reader, "downsample_type", types[i]);
      const int64_t cell = level.down->product();
      reader.require("block_out_channels", out[i] % cell == 0 && in * cell % out[i] == 0,
                     "what the grid's changes can give");
    } else {
      reader.require("block_out_channels", in == out[i], "unchanged where the grid is");
    }
    config.down.push_back(level);
    in = out[i];
  }
  config.encoder_mid_resnets = resnets.back();
}

void check_up_level(const ConfigReader& reader, const Ltx2UpLevel& level, int64_t before) {
  const auto check = [&](const char* key, bool ok, const char* wanted) {
    reader.require(key, ok, wanted);
  };
  const int64_t cell = level.up ? level.up->product() : 1;
  check("upsample_factor", before % level.factor == 0, "divisors of the channels before");
  check("decoder_block_out_channels", level.out > 0 && (!level.widens || level.factor == 1),
        "widths that change only by upsample_factor, or only without it");
  check("upsample_factor", level.up || level.factor == 1, "1 where the grid is unchanged");
  check("upsample_factor",
        cell % level.factor == 0 && (!level.residual || level.before_up() % cell == 0),
        "what the grid's changes can give");
}

void read_decoder(ConfigReader& reader, Ltx2VideoVaeConfig& config) {
  auto widths = reader.integers("decoder_block_out_channels", {256, 512, 1024});
  reader.require("decoder_block_out_channels", !widths.empty(), "a list that is not empty");
  const size_t count = widths.size();
  widths = positives(reader, "decoder_block_out_channels", widths, count);
  const auto resnets = positives(reader, "decoder_layers_per_block", {5, 5, 5, 5}, count + 1);
  const std::vector<bool> all(count, true);
  const auto scales = reader.booleans("decoder_spatio_temporal_scaling", all);
  const auto residual = reader.booleans("upsample_residual", all);
  const auto narrowing = positives(reader, "upsample_factor", {2, 2, 2}, count);
  const auto types =
      names(reader, "upsample_type", {"spatiotemporal", "spatiotemporal", "spatiotemporal"}, count);
  int64_t before = config.decoder_mid_width = widths.back();
  config.decoder_mid_resnets = resnets.back();
  for (size_t i = 0; i < count; ++i) {
    const size_t from_pixels = count - 1 - i;
    const int64_t factor = narrowing[from_pixels];
    const int64_t in = before / factor, out = widths[from_pixels] / factor;
    Ltx2UpLevel level = {in, out, resnets[from_pixels], /*widens=*/in != out, /*up=*/{}};
    level.factor = factor;
    level.residual = residual[from_pixels];
    if (scales[from_pixels]) level.up = factors(reader, "upsample_type", types[i]);
    check_up_level(reader, level, before);
    reader.require("timestep_conditioning", !config.timestep_conditioning || !level.widens,
                   "false where decoder_block_out_channels widen");
    config.up.push_back(level);
    before = level.out;
  }
}

template <typename Levels, typename Change>
Ltx2Factors all_changes(const Levels& levels, Change change, int64_t patch) {
  Ltx2Factors all = {1, patch, patch};
  for (const auto& level : levels) {
    const auto factors = (level.*change).value_or(Ltx2Factors{});
    all = {all.time * factors.time, all.height * factors.height, all.width * factors.width};
  }
  return all;
}

void read_ratios(ConfigReader& reader, Ltx2VideoVaeConfig& config) {
  const auto up = all_changes(config.up, &Ltx2UpLevel::up, config.patch_size);
  const auto down = all_changes(config.down, &Ltx2DownLevel::down, config.patch_size);
  reader.require("downsample_type", up == down, "the same changes of the grid as upsample_type");
  // Where the key is missing the reference takes every change for one of both time and space.
  const auto scales = std::count_if(config.down.begin(), config.down.end(),
                                    [](const Ltx2DownLevel& level) { return level.down; });
  const int64_t derived = int64_t{1} << scales;
  const auto read = [&](const char* key, int64_t fallback, int64_t actual) {
    const int64_t ratio = reader.integer(key, fallback);
    reader.require(key, ratio == actual, "what the levels make it, " + std::to_string(actual));
    return ratio;
  };
  config.spatial_compression_ratio =
      read("spatial_compression_ratio", config.patch_size * derived, up.height);
  config.temporal_compression_ratio = read("temporal_compression_ratio", derived, up.time);
}

void refuse_noise(ConfigReader& reader, size_t blocks) {
  const auto noisy = reader.booleans("decoder_inject_noise", std::vector<bool>(blocks, false));
  reader.require("decoder_inject_noise", std::none_of(noisy.begin(), noisy.end(), std::identity()),
                 "false: no noise is added inside the decoder");
}

}  // namespace

Ltx2VideoVaeConfig read_ltx2_video_vae(ConfigReader reader) {
  Ltx2VideoVaeConfig config;
  reader.positive("in_channels", config.in_channels);
  reader.positive("out_channels", config.out_channels);
  reader.positive("latent_channels", config.latent_channels);
  reader.positive("patch_size", config.patch_size);
  config.timestep_conditioning =
      reader.boolean("timestep_conditioning", config.timestep_conditioning);
  read_encoder(reader, config);
  read_decoder(reader, config);
  refuse_noise(reader, config.up.size() + 1);
  read_ratios(reader, config);
  config.encoder_causal = reader.boolean("encoder_causal", config.encoder_causal);
  config.decoder_causal = reader.boolean("decoder_causal", config.decoder_causal);
  config.encoder_padding = padding(reader, "encoder_spatial_padding_mode", "zeros");
  config.decoder_padding = padding(reader, "decoder_spatial_padding_mode", "reflect");
  reader.positive("resnet_norm_eps", config.resnet_norm_eps);
  reader.positive("scaling_factor", config.scaling_factor);
  const std::vector<std::string> blocks(config.down.size(), "LTX2VideoDownBlock3D");
  if (reader.has("down_block_types")) reader.expect("down_block_types", blocks);
  reader.expect("patch_size_t", 1);
  reader.expect("quantization_config", nullptr);
  reader.finish();
  return config;
}

}  // namespace kinema::config
