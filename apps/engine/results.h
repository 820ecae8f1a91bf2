// What a finished job leaves beside its video: metadata, metrics, the line on standard output.
#pragma once

#include <cstdint>
#include <optional>
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

// Every rank's measures, on the first; nothing elsewhere. Called by all ranks.
std::optional<report::RunReport> collected_results(
    const config::Request& request,
    const Json& planned,
    parallel::Team& team,
    const std::vector<report::StageMeasure>& measures,
    int64_t frames);

// Writes --metrics and prints the result: the path, or with --json an object, to which `more` is
// added.
void print_result(const config::Request& request,
                  const report::RunReport& run,
                  const OrderedJson& more = OrderedJson::object());

}  // namespace kinema::engine
