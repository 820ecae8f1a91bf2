// A report as one HTML file that needs nothing else: no network, no scripts, readable in light and
// dark.
#pragma once

#include <string>

#include "bench/table.h"

namespace kinema::bench {

// Well-formed XML too. Tables with every figure, plots, every cell that was not measured with its
// reason, and what the figures were measured on and with.
std::string report_page(const Table& table);

}  // namespace kinema::bench
