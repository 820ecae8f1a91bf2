// What files hold, from their headers.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "config/request.h"
#include "config/violations.h"

namespace kinema::plan {

// A checkpoint's folder, a component's folder or a safetensors file. "kind" is "model",
// "weights", "latents" or "lora"; a component that cannot be opened has an "error" and is among the
// faults.
struct Inspection {
  OrderedJson json;
  config::Violations faults;
};

// What of a model the LoRA files of `request` change is shown with it. Throws Error(kModel) if
// `path` is none of these, Error(kUsage) if LoRA files are given for anything but a model.
Inspection inspect(const std::filesystem::path& path, const config::Request& request = {});

// For people.
std::string inspection_text(const OrderedJson& json);

}  // namespace kinema::plan
