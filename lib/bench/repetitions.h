// How often something is measured, and in how many processes.
#pragma once

#include <cstdint>

namespace kinema::bench {

// A process for each run shows what somebody waits for who makes one video; one process for all
// runs loads the networks once and shows what each video of a batch costs.
enum class Processes { kOneEach, kOneForAll };

struct Repetitions {
  int64_t warmup = 1, runs = 3;  // those that do not count, then those that do
  Processes processes = Processes::kOneEach;
};

}  // namespace kinema::bench
