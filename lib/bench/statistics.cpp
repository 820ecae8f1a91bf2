// Interpolated quantiles, as numpy's default.
#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace kinema::bench {

double Spread::relative() const { return median == 0 ? 0 : (max - min) / median; }

double quantile(std::vector<double> values, double q) {
  if (values.empty()) throw std::invalid_argument("a quantile of no values");
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(std::floor(place));
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - std::floor(place)) * (values[above] - values[below]);
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return {*least, quantile(values, 0.5), *most, values.size()};
}

OrderedJson spread_json(const Spread& spread) {
  return {{"min", spread.min}, {"median", spread.median}, {"max", spread.max}, {"n", spread.count}};
}

}  // namespace kinema::bench
