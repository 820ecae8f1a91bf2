// HunyuanVideo15ImageProcessor's bucket search and VaeImageProcessor's placement.
#include "media/image_fit.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

namespace kinema::media {
namespace {

constexpr double kMaxRatio = 4.0;

// In the reference's order, which decides between equally near ones.
std::vector<Size> buckets(int target_size, int patch) {
  const double side = static_cast<double>(target_size) / patch;
  const auto patches = static_cast<int>(std::nearbyint(side * side));
  std::vector<Size> sizes;
  int tall = patches, wide = 1;
  while (tall > 0) {
    const double ratio = static_cast<double>(std::max(tall, wide)) / std::min(tall, wide);
    if (ratio <= kMaxRatio) sizes.push_back({wide * patch, tall * patch});
    if ((wide + 1) * tall <= patches) {
      ++wide;
    } else {
      --tall;
    }
  }
  return sizes;
}

// Python's round(x, 5): the decimal nearest to the double, read back.
double rounded_to_5_places(double x) {
  char text[64];
  std::snprintf(text, sizeof text, "%.5f", x);
  return std::strtod(text, nullptr);
}

double aspect(Size size) { return static_cast<double>(size.width) / size.height; }

std::string described(Size picture, Size frame, const Placement& place) {
  std::string text = to_string(picture);
  if (place.scaled != picture) text += " scaled to " + to_string(place.scaled);
  if (place.scaled == frame) return text;
  const bool cut = place.scaled.width > frame.width || place.scaled.height > frame.height;
  text += place.scaled != picture ? " and " : " ";
  return text + (cut ? "cut to " : "set on black ") + to_string(frame);
}

}  // namespace

Size bucket_for(Size picture, int target_size, int patch) {
  const double wanted = static_cast<double>(picture.height) / picture.width;
  double nearest = std::numeric_limits<double>::infinity();
  Size best;
  for (Size size : buckets(target_size, patch)) {
    const double above =
        rounded_to_5_places(static_cast<double>(size.height) / size.width) - wanted;
    const bool eligible = wanted >= 1 ? above <= 0 : above >= 0;
    if (eligible && std::abs(above) < nearest) {
      nearest = std::abs(above);
      best = size;
    }
  }
  return best;
}

Placement placement(Size picture, Size frame, Fit fit) {
  if (fit == Fit::kStretch) return {frame, 0, 0};
  const double wanted = aspect(frame), given = aspect(picture);
  const bool full_width = fit == Fit::kCrop ? wanted > given : wanted < given;
  const bool full_height = fit == Fit::kCrop ? wanted <= given : wanted >= given;
  Size scaled = frame;
  if (!full_width) {
    scaled.width = static_cast<int>(int64_t{picture.width} * frame.height / picture.height);
  }
  if (!full_height) {
    scaled.height = static_cast<int>(int64_t{picture.height} * frame.width / picture.width);
  }
  // A line thinner than a pixel, which the reference cannot pad.
  scaled = {std::max(scaled.width, 1), std::max(scaled.height, 1)};
  return {scaled, frame.width / 2 - scaled.width / 2, frame.height / 2 - scaled.height / 2};
}

Image fitted(const Image& picture, Size frame, Fit fit, Filter filter) {
  const Placement place = placement(picture.size, frame, fit);
  const Window seen{
      std::max(-place.left, 0),
      std::max(-place.top, 0),
      {std::min(place.scaled.width, frame.width), std::min(place.scaled.height, frame.height)}};
  Image part = resampled(picture, place.scaled, filter, seen);
  if (part.size == frame) return part;
  Image out(frame);
  for (int y = 0; y < part.size.height; ++y) {
    uint8_t* to = out.row(std::max(place.top, 0) + y) + std::max(place.left, 0) * 3;
    std::copy_n(part.row(y), part.row_bytes(), to);
  }
  return out;
}

std::string fit_description(Size picture, Size frame, Fit fit) {
  return described(picture, frame, placement(picture, frame, fit));
}

}  // namespace kinema::media
