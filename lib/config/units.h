// Small values with a text form of their own: rates, shapes and devices.
#pragma once

#include <cstdint>

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

}  // namespace kinema::config
