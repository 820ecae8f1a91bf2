// How the hidden measurements of savings are taken and printed.
#pragma once

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <vector>

namespace kinema::test {

// Milliseconds of computing: other programs' time is not counted.
inline double once(const std::function<void()>& work) {
  const auto start = std::clock();
  work();
  return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// Runs both in turn, so that a machine that changes its speed changes it for both, and prints the
// medians with the least and the most.
inline void compare(const char* what,
                    const std::function<void()>& plain,
                    const std::function<void()>& saving) {
  constexpr size_t kRuns = 5;
  std::vector<double> before, after;
  plain(), saving();
  for (size_t i = 0; i < kRuns; ++i) before.push_back(once(plain)), after.push_back(once(saving));
  std::sort(before.begin(), before.end()), std::sort(after.begin(), after.end());
  std::printf("  %-58s %8.2f ms (%.2f to %.2f) -> %8.2f ms (%.2f to %.2f), %.2f times\n", what,
              before[kRuns / 2], before.front(), before.back(), after[kRuns / 2], after.front(),
              after.back(), before[kRuns / 2] / after[kRuns / 2]);
}

}  // namespace kinema::test
