// Small values with a text form of their own: rates, shapes and devices.
#pragma once

#include <cstdint>
#include <filesystem>

namespace kinema::config {

// A frame rate: "24", "24000/1001" or "23.976", kept exact and in lowest terms.
struct Rational {
  int64_t num = 0, den = 1;
  double value() const { return static_cast<double>(num) / static_cast<double>(den); }
  bool operator==(const Rational&) const = default;
};

// Width to height: "16:9".
struct AspectRatio {
  int64_t width = 16, height = 9;
  double value() const { return static_cast<double>(width) / static_cast<double>(height); }
  bool operator==(const AspectRatio&) const = default;
};

// "auto", "cpu", "cuda" (the first GPU) or "cuda:1".
struct Device {
  enum class Kind { kAuto, kCpu, kCuda };
  Kind kind = Kind::kAuto;
  int index = 0;  // of the visible GPUs; 0 unless kind is kCuda
  bool operator==(const Device&) const = default;
};

// A picture that the video shows at one of its latent frames, counted from 0 or, if negative, from
// the end: "fox.png@-1:0.8". strength: 0 (free) to 1 (as it is).
struct Condition {
  std::filesystem::path image;
  int64_t index = 0;
  double strength = 1;
  bool operator==(const Condition&) const = default;
};

// A file of low-rank adapters and how strongly they count: "style.safetensors:0.8".
struct Lora {
  std::filesystem::path path;
  double scale = 1;
  bool operator==(const Lora&) const = default;
};

}  // namespace kinema::config
