// VaeImageProcessor's placement.
#include "media/image_fit.h"

#include <algorithm>
#include <string>

namespace kinema::media {
namespace {

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
