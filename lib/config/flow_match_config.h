// scheduler/scheduler_config.json (FlowMatchEulerDiscreteScheduler), with its defaults.
#pragma once

#include <cstdint>

#include "config/config_reader.h"

namespace kinema::config {

enum class TimeShift { kExponential, kLinear };

struct FlowMatchConfig {
  int64_t num_train_timesteps = 1000;
  double shift = 1.0;                 // without dynamic shifting
  bool use_dynamic_shifting = false;  // by a shift that grows with the number of tokens
  double base_shift = 0.5, max_shift = 1.15;
  int64_t base_image_seq_len = 256, max_image_seq_len = 4096;
  TimeShift time_shift_type = TimeShift::kExponential;
  double shift_terminal = 0;  // what the last sigma is stretched to; 0: not at all
};

// Of a model with one shift for all sizes: anything else is Error(kModel).
FlowMatchConfig read_flow_match(ConfigReader reader);
// Dynamic shifting and the stretch too.
FlowMatchConfig read_dynamic_flow_match(ConfigReader reader);

}  // namespace kinema::config
