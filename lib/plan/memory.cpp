// The parts of estimates that no model decides.
#include "plan/memory.h"

#include <algorithm>

#include "base/log.h"

namespace kinema::plan {

const StageEstimate& MemoryPlan::largest() const {
  return *std::max_element(stages.begin(), stages.end(),
                           [](const auto& a, const auto& b) { return a.peak() < b.peak(); });
}

std::string gigabytes(uint64_t bytes) {
  const double value = static_cast<double>(bytes) * 1e-9;
  if (value >= 0.95) return fmt::format("{:.1f}", value);
  return value >= 0.0095 ? fmt::format("{:.2f}", value) : fmt::format("{:.4f}", value);
}

}  // namespace kinema::plan
