// The flags of previews, which are about watching a job and no setting of it.
#pragma once

#include <vector>

#include "base/json.h"
#include "command_line.h"
#include "plan/job.h"

namespace kinema::cli {

// --preview, --preview-every and --preview-terminal.
std::vector<VerbFlag> preview_flags();

// What the engine is told: {"preview": {"file", "every", "terminal"}}; null if no preview is asked
// for. Throws Error(kUsage) or Error(kIo) for flags that make no sense with the job.
Json preview_task(const CommandLine& line, const plan::Job& job);

}  // namespace kinema::cli
