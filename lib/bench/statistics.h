// Medians and spread of repeated measurements.
#pragma once

#include <vector>

#include "base/json.h"

namespace kinema::bench {

// Of at least one value; all zero of none.
struct Spread {
  double min = 0, median = 0, max = 0;
  size_t count = 0;

  // (max - min) / median; 0 where the median is.
  double relative() const;
};

Spread spread_of(std::vector<double> values);

// The value below which the share `q` (0 to 1) of the values lies, interpolated between neighbours.
// Throws std::invalid_argument of no values.
double quantile(std::vector<double> values, double q);

// {"min", "median", "max", "n"}.
OrderedJson spread_json(const Spread& spread);

}  // namespace kinema::bench
