// Two sets of results: what became slower or larger.
#pragma once

#include <string>
#include <vector>

#include "bench/results.h"

namespace kinema::bench {

struct Difference {
  std::string cell, quantity;  // "seconds", "step_seconds", "peak_bytes", or a stage's name
  double before = 0, after = 0;
  bool counts = false;  // stages are shown only: seconds hold them all

  double percent() const;  // above 0: slower or larger
};

struct Comparison {
  std::vector<Difference> differences;
  std::vector<std::string> lost;  // done before, not done now, with the reason
  std::vector<std::string>
      unmatched;  // finished on one side only, because the other has no such cell

  // What counts and grew by more than `percent`, and what was lost, a line each.
  std::vector<std::string> regressions(double percent) const;
};

// Cells are the same if their ids are, or else their labels. Medians are compared. Throws
// Error(kIo) if no cell is on both sides.
Comparison compare(const Results& before, const Results& after);

std::string markdown(const Comparison& comparison);
OrderedJson comparison_json(const Comparison& comparison);
std::string csv(const Comparison& comparison);

}  // namespace kinema::bench
