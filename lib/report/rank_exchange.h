// A rank's report as text for the rank that writes the file.
#pragma once

#include <string>

#include "report/run_report.h"

namespace kinema::report {

std::string packed(const RankReport& report);
// The inverse of packed().
RankReport unpacked(const std::string& text);

}  // namespace kinema::report
