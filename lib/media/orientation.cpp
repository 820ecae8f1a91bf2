// A walk through the first TIFF directory, and a gather through the inverse map.
#include "media/orientation.h"

#include <algorithm>
#include <utility>

namespace kinema::media {
namespace {

constexpr uint32_t kOrientationTag = 0x0112;

std::optional<Orientation> first_directory_orientation(ByteView tiff) {
  const bool little = tiff.holds(0, "II");
  if (!little && !tiff.holds(0, "MM")) return std::nullopt;
  auto u16 = [&](size_t at) { return little ? tiff.le16(at) : tiff.be16(at); };
  auto u32 = [&](size_t at) { return little ? tiff.le32(at) : tiff.be32(at); };
  const size_t directory = u32(4);
  const uint32_t count = u16(directory);
  for (uint32_t i = 0; i < count; ++i) {
    const size_t entry = directory + 2 + size_t{12} * i;
    if (u16(entry) != kOrientationTag) continue;
    switch (u16(entry + 2)) {
      case 1:
        return tiff.u8(entry + 8);
      case 3:
        return static_cast<int>(u16(entry + 8));
      case 4:
        return static_cast<int>(u32(entry + 8));
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

// Where in the stored picture the upright pixel (x, y) is.
std::pair<int, int> stored_place(int x, int y, Size stored, Orientation orientation) {
  const int right = stored.width - 1, bottom = stored.height - 1;
  switch (orientation) {
    case 2:
      return {right - x, y};
    case 3:
      return {right - x, bottom - y};
    case 4:
      return {x, bottom - y};
    case 5:
      return {y, x};
    case 6:
      return {y, bottom - x};
    case 7:
      return {right - y, bottom - x};
    case 8:
      return {right - y, x};
    default:
      return {x, y};
  }
}

}  // namespace

std::optional<Orientation> exif_orientation(ByteView exif) {
  constexpr std::string_view prefix("Exif\0\0", 6);
  try {
    const size_t skipped = exif.holds(0, prefix) ? prefix.size() : 0;
    return first_directory_orientation(exif.sub(skipped, exif.size() - skipped));
  } catch (const Truncated&) {
    return std::nullopt;
  }
}

std::optional<Orientation> xmp_orientation(std::string_view xmp) {
  constexpr std::string_view key = "tiff:Orientation";
  for (size_t at = xmp.find(key); at != std::string_view::npos; at = xmp.find(key, at + 1)) {
    auto value = xmp.substr(at + key.size());
    if (value.starts_with("=\"")) {
      value.remove_prefix(2);
    } else if (value.starts_with('>')) {
      value.remove_prefix(1);
    } else {
      continue;
    }
    if (!value.empty() && value[0] >= '0' && value[0] <= '9') return value[0] - '0';
  }
  return std::nullopt;
}

Size upright_size(Size stored, Orientation orientation) {
  return orientation >= 5 && orientation <= 8 ? Size{stored.height, stored.width} : stored;
}

Image upright(Image stored, Orientation orientation) {
  if (orientation < 2 || orientation > 8) return stored;
  Image out(upright_size(stored.size, orientation));
  for (int y = 0; y < out.size.height; ++y) {
    uint8_t* to = out.row(y);
    for (int x = 0; x < out.size.width; ++x, to += 3) {
      auto [from_x, from_y] = stored_place(x, y, stored.size, orientation);
      std::copy_n(stored.row(from_y) + static_cast<ptrdiff_t>(from_x) * 3, 3, to);
    }
  }
  return out;
}

}  // namespace kinema::media
