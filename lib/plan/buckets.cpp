// As diffusers' HunyuanVideo15ImageProcessor (generate_crop_size_list, get_closest_ratio), to the
// last tie.
#include "plan/buckets.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kinema::plan {
namespace {

constexpr double kMostRatio = 4.0;

// Python's round(x, 5): the reference compares with ratios of five decimals.
double five_decimals(double value) { return std::nearbyint(value * 1e5) / 1e5; }

}  // namespace

std::vector<FrameSize> buckets(int64_t target_size, int64_t multiple) {
  const double side = static_cast<double>(target_size) / static_cast<double>(multiple);
  const auto patches = static_cast<int64_t>(std::nearbyint(side * side));
  std::vector<FrameSize> sizes;
  for (int64_t first = patches, second = 1; first > 0;) {
    const auto [least, most] = std::minmax(first, second);
    if (static_cast<double>(most) / static_cast<double>(least) <= kMostRatio) {
      // The reference makes the pairs as (width, height) and uses them as (height, width); the list
      // is symmetric but its order decides ties.
      sizes.push_back({second * multiple, first * multiple});
    }
    if ((second + 1) * first <= patches) {
      ++second;
    } else {
      --first;
    }
  }
  return sizes;
}

FrameSize bucket_for(int64_t width, int64_t height, int64_t target_size, int64_t multiple) {
  const double wanted = static_cast<double>(height) / static_cast<double>(width);
  FrameSize best;
  double best_distance = std::numeric_limits<double>::infinity();
  for (const auto& size : buckets(target_size, multiple)) {
    const double difference =
        five_decimals(static_cast<double>(size.height) / static_cast<double>(size.width)) - wanted;
    const bool allowed = wanted >= 1 ? difference <= 0 : difference >= 0;
    if (allowed && std::abs(difference) < best_distance) {
      best = size;
      best_distance = std::abs(difference);
    }
  }
  return best;
}

}  // namespace kinema::plan
