// An 8-bit RGB picture in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kinema::media {

// In pixels.
struct Size {
  int width = 0;
  int height = 0;

  int64_t pixels() const { return int64_t{width} * height; }
  bool operator==(const Size&) const = default;
};

// "848x480".
inline std::string to_string(Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

// Rows from the top, [H, W, 3], no padding between rows.
struct Image {
  Size size;
  std::vector<uint8_t> rgb;

  Image() = default;
  // Black.
  explicit Image(Size of) : size(of), rgb(static_cast<size_t>(of.pixels()) * 3) {}

  uint8_t* row(int y) { return rgb.data() + static_cast<size_t>(y) * row_bytes(); }
  const uint8_t* row(int y) const { return rgb.data() + static_cast<size_t>(y) * row_bytes(); }
  size_t row_bytes() const { return static_cast<size_t>(size.width) * 3; }
};

}  // namespace kinema::media
