// The keys of FlowMatchEulerDiscreteScheduler.
#include "config/flow_match_config.h"

#include "base/json.h"

namespace kinema::config {
namespace {

void read_common(ConfigReader& reader, FlowMatchConfig& config) {
  reader.positive("num_train_timesteps", config.num_train_timesteps);
  reader.positive("shift", config.shift);
  for (const auto* key : {"invert_sigmas", "stochastic_sampling", "use_karras_sigmas",
                          "use_exponential_sigmas", "use_beta_sigmas"}) {
    reader.expect(key, false);
  }
}

}  // namespace

FlowMatchConfig read_flow_match(ConfigReader reader) {
  FlowMatchConfig config;
  read_common(reader, config);
  reader.expect("use_dynamic_shifting", false);
  reader.expect("shift_terminal", nullptr);
  reader.expect("base_shift", 0.5);
  reader.expect("max_shift", 1.15);
  reader.expect("base_image_seq_len", 256);
  reader.expect("max_image_seq_len", 4096);
  reader.expect("time_shift_type", "exponential");
  reader.finish();
  return config;
}

FlowMatchConfig read_dynamic_flow_match(ConfigReader reader) {
  FlowMatchConfig config;
  read_common(reader, config);
  config.use_dynamic_shifting = reader.boolean("use_dynamic_shifting", config.use_dynamic_shifting);
  config.base_shift = reader.number("base_shift", config.base_shift);
  config.max_shift = reader.number("max_shift", config.max_shift);
  reader.positive("base_image_seq_len", config.base_image_seq_len);
  reader.positive("max_image_seq_len", config.max_image_seq_len);
  reader.require("max_image_seq_len", config.max_image_seq_len != config.base_image_seq_len,
                 "another number than base_image_seq_len");
  const auto type = reader.string("time_shift_type", "exponential");
  reader.require("time_shift_type", type == "exponential" || type == "linear",
                 "\"exponential\" or \"linear\"");
  config.time_shift_type = type == "linear" ? TimeShift::kLinear : TimeShift::kExponential;
  config.shift_terminal = reader.number("shift_terminal", config.shift_terminal);
  reader.require("shift_terminal", config.shift_terminal >= 0 && config.shift_terminal < 1,
                 "a number from 0 and below 1");
  reader.finish();
  return config;
}

}  // namespace kinema::config
