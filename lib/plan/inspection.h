// What files hold, from their headers.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "config/violations.h"

namespace kinema::plan {

// A checkpoint's folder, a component's folder or a safetensors file. "kind" is "model",
// "weights", "latents" or "lora"; a component that cannot be opened has an "error" and is among the
// faults.
struct Inspection {
  OrderedJson json;
  config::Violations faults;
};

// Throws Error(kModel) if `path` is none of these.
Inspection inspect(const std::filesystem::path& path);

// For people.
std::string inspection_text(const OrderedJson& json);

}  // namespace kinema::plan
