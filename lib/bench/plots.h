// The pictures of a report, each one SVG element.
#pragma once

#include <string>

#include "bench/table.h"

namespace kinema::bench {

// Classes c0 to c7 are the page's colours; stages take them in the table's order.
constexpr size_t kColours = 8;
std::string colour(size_t index);

// All plots want at least one row. Bars: median seconds of each stage, one above the other's end.
std::string stage_plot(const Table& table);
// Points over the number of ranks, with what perfect scaling would give.
std::string speed_up_plot(const Table& table);
std::string efficiency_plot(const Table& table);
// Bars: the highest peak; marks: each rank's.
std::string memory_plot(const Table& table);
// Every step of every run as a point; a box from the first to the third quartile with the median.
std::string step_plot(const Table& table);

}  // namespace kinema::bench
