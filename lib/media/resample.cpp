// Pillow's arithmetic: weights in double, rounded to 22 fractional bits, 8 bits between the passes.
#include "media/resample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace kinema::media {
namespace {

// 32 bits less 8 for the pixel and 2 for the overshoot of negative lobes.
constexpr int kFractionBits = 32 - 8 - 2;

// What one output pixel of an axis is made of.
struct Taps {
  int first = 0;
  std::vector<int32_t> weights;
};

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double value_at(Filter filter, double x) {
  switch (filter) {
    case Filter::kBilinear:
      return std::max(0.0, 1.0 - std::abs(x));
    case Filter::kBicubic:
      return bicubic(x);
    case Filter::kLanczos:
      return lanczos(x);
  }
  return 0.0;
}

double support_of(Filter filter) {
  switch (filter) {
    case Filter::kBilinear:
      return 1.0;
    case Filter::kBicubic:
      return 2.0;
    case Filter::kLanczos:
      return 3.0;
  }
  return 0.0;
}

int32_t fixed_point(double weight) {
  return static_cast<int32_t>(weight * (1 << kFractionBits) + (weight < 0 ? -0.5 : 0.5));
}

Taps taps_at(int output, int in, double scale, Filter filter) {
  const double stretch = std::max(scale, 1.0);  // downscaling widens the filter
  const double support = support_of(filter) * stretch;
  const double center = (output + 0.5) * scale;
  const double shrink = 1.0 / stretch;
  const int first = std::max(static_cast<int>(center - support + 0.5), 0);
  const int end = std::min(static_cast<int>(center + support + 0.5), in);
  std::vector<double> weights;
  double sum = 0.0;
  for (int tap = 0; tap < end - first; ++tap) {
    weights.push_back(value_at(filter, (tap + first - center + 0.5) * shrink));
    sum += weights.back();
  }
  Taps taps{first, {}};
  for (double weight : weights) taps.weights.push_back(fixed_point(sum != 0.0 ? weight / sum : 0));
  return taps;
}

// Taps of the outputs [begin, begin + count) of an axis scaled from `in` to `out` pixels.
std::vector<Taps> axis_taps(int in, int out, int begin, int count, Filter filter) {
  std::vector<Taps> taps;
  taps.reserve(static_cast<size_t>(count));
  for (int i = begin; i < begin + count; ++i) {
    taps.push_back(taps_at(i, in, static_cast<double>(in) / out, filter));
  }
  return taps;
}

uint8_t clipped(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

constexpr int32_t kHalf = 1 << (kFractionBits - 1);

// The source pixels [first, end) that the outputs of an axis need.
struct Range {
  int first;
  int end;
};

// An axis of the resampling: how its outputs in the window are made, or copied if it keeps its
// size.
struct Axis {
  bool scaled;
  std::vector<Taps> taps;
  Range needed;
};

Axis made_axis(int in, int out, int begin, int count, Filter filter) {
  if (in == out) return {false, {}, {begin, begin + count}};
  auto taps = axis_taps(in, out, begin, count, filter);
  const Taps& last = taps.back();
  const Range needed{taps.front().first, last.first + static_cast<int>(last.weights.size())};
  return {true, std::move(taps), needed};
}

Image cut(const Image& source, Range columns, Range rows) {
  Image out(Size{columns.end - columns.first, rows.end - rows.first});
  for (int y = 0; y < out.size.height; ++y) {
    const uint8_t* from = source.row(rows.first + y) + static_cast<ptrdiff_t>(columns.first) * 3;
    std::copy_n(from, out.row_bytes(), out.row(y));
  }
  return out;
}

// `source` starts at the axis' first needed column.
Image horizontal_pass(const Image& source, const Axis& axis) {
  if (!axis.scaled) return source;
  Image out(Size{static_cast<int>(axis.taps.size()), source.size.height});
  for (int y = 0; y < out.size.height; ++y) {
    uint8_t* to = out.row(y);
    for (const Taps& taps : axis.taps) {
      const uint8_t* from =
          source.row(y) + static_cast<ptrdiff_t>(taps.first - axis.needed.first) * 3;
      int32_t r = kHalf, g = kHalf, b = kHalf;
      for (int32_t weight : taps.weights) {
        r += from[0] * weight;
        g += from[1] * weight;
        b += from[2] * weight;
        from += 3;
      }
      *to++ = clipped(r);
      *to++ = clipped(g);
      *to++ = clipped(b);
    }
  }
  return out;
}

// `source` starts at the axis' first needed row.
Image vertical_pass(const Image& source, const Axis& axis) {
  if (!axis.scaled) return source;
  Image out(Size{source.size.width, static_cast<int>(axis.taps.size())});
  std::vector<int32_t> sums(source.row_bytes());
  for (int y = 0; y < out.size.height; ++y) {
    const Taps& taps = axis.taps[static_cast<size_t>(y)];
    std::fill(sums.begin(), sums.end(), kHalf);
    int from_row = taps.first - axis.needed.first;
    for (int32_t weight : taps.weights) {
      const uint8_t* from = source.row(from_row++);
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += from[i] * weight;
    }
    std::transform(sums.begin(), sums.end(), out.row(y), clipped);
  }
  return out;
}

// Pillow 13 begins with the axis that shrinks more by this rule (earlier ones with the horizontal);
// it shows in the last bit, because pixels have 8 bits between the passes.
bool vertical_first(Size from, Size to) {
  return to.height < from.height &&
         int64_t{from.height} - to.height > 2 * (int64_t{from.width} - to.width);
}

}  // namespace

Image resampled(const Image& source, Size target, Filter filter, const Window& window) {
  const Axis columns =
      made_axis(source.size.width, target.width, window.left, window.size.width, filter);
  const Axis rows =
      made_axis(source.size.height, target.height, window.top, window.size.height, filter);
  const Image part = cut(source, columns.needed, rows.needed);
  return vertical_first(source.size, target) ? horizontal_pass(vertical_pass(part, rows), columns)
                                             : vertical_pass(horizontal_pass(part, columns), rows);
}

Image resampled(const Image& source, Size target, Filter filter) {
  return resampled(source, target, filter, Window{0, 0, target});
}

}  // namespace kinema::media
