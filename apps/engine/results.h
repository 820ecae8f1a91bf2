// What a finished job leaves beside its video: metadata, metrics, the line on standard output.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "config/request.h"
#include "parallel/team.h"
#include "report/run_report.h"

namespace kinema::engine {

// The resolved job as JSON for the file's comment tag: every setting that decides the picture,
// paths reduced to file names, nothing of the machine or the user.
std::string job_comment(const config::Request& request);

// Collects every rank's measures on the first, which writes --metrics and prints the result. Called
// by all ranks.
void report_results(const config::Request& request,
                    const Json& planned,
                    parallel::Team& team,
                    const std::vector<report::StageMeasure>& measures,
                    int64_t frames);

}  // namespace kinema::engine
