// The keys of LTX2LatentUpsamplerModel.
#include "config/ltx2_upsampler_config.h"

#include <map>
#include <tuple>
#include <utility>

#include "base/json.h"

namespace kinema::config {
namespace {

constexpr int64_t kNormGroups = 32;

// The fractions that the reference has.
void read_scale(ConfigReader& reader, Ltx2UpsamplerConfig& config) {
  static const std::map<double, std::pair<int64_t, int64_t>> kFractions = {
      {0.75, {3, 4}}, {1.5, {3, 2}}, {2.0, {2, 1}}, {4.0, {4, 1}}};
  const auto found = kFractions.find(reader.number("rational_spatial_scale", 2.0));
  reader.require("rational_spatial_scale", found != kFractions.end() || !config.is_rational(),
                 "0.75, 1.5, 2 or 4");
  if (found != kFractions.end()) std::tie(config.enlarged, config.reduced) = found->second;
}

}  // namespace

Ltx2UpsamplerConfig read_ltx2_upsampler(ConfigReader reader) {
  Ltx2UpsamplerConfig config;
  reader.positive("in_channels", config.in_channels);
  reader.positive("mid_channels", config.mid_channels);
  reader.require("mid_channels", config.mid_channels % kNormGroups == 0, "a multiple of 32");
  reader.positive("num_blocks_per_stage", config.num_blocks_per_stage);
  config.dims = reader.integer("dims", config.dims);
  config.spatial_upsample = reader.boolean("spatial_upsample", config.spatial_upsample);
  config.temporal_upsample = reader.boolean("temporal_upsample", config.temporal_upsample);
  reader.require("spatial_upsample", config.spatial_upsample || config.temporal_upsample,
                 "true where temporal_upsample is false");
  reader.require("dims", config.dims == 3 || (config.dims == 2 && !config.temporal_upsample),
                 "3, or 2 where temporal_upsample is false");
  config.use_rational_resampler =
      reader.boolean("use_rational_resampler", config.use_rational_resampler);
  read_scale(reader, config);
  reader.expect("quantization_config", nullptr);
  reader.finish();
  return config;
}

}  // namespace kinema::config
