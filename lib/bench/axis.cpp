// The step is the smallest round number that gives at most eight of them.
#include "bench/axis.h"

#include <cmath>

namespace kinema::bench {

Axis::Axis(double most, double from, double to) : from_(from), to_(to) {
  if (!(most > 0)) most = 1;
  double step = std::pow(10, std::floor(std::log10(most)) - 1);
  // 1, 2, 5, 10, 20, 50, …
  for (int i = 0; most / step > 8; ++i) step *= i % 3 == 1 ? 2.5 : 2;
  const auto steps = static_cast<int>(std::ceil(most / step - 1e-9));
  end_ = steps * step;
  for (int i = 0; i <= steps; ++i) marks_.push_back(i * step);
}

}  // namespace kinema::bench
