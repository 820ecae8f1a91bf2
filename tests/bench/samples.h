// Made-up results that several tests read.
#pragma once

#include <string>
#include <vector>

#include "bench/results.h"

namespace kinema::test {

// A finished cell of `ranks` ranks (ulysses) whose runs took `seconds`, a tenth of it in "decode",
// in three steps each.
bench::Cell done_cell(const std::string& id, int64_t ranks, const std::vector<double>& seconds);
bench::Cell failed_cell(const std::string& id, const std::string& reason);

// What is thrown, with its hint; empty if nothing is.
template <class Action>
std::string message_of(Action action) {
  try {
    action();
    return "";
  } catch (const Error& error) {
    return formatted(error);
  }
}

}  // namespace kinema::test
