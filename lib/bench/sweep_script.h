// A sweep as a plain shell script, to be started by hand or handed to a scheduler.
#pragma once

#include <string>
#include <vector>

#include "bench/sweep.h"

namespace kinema::bench {

// A script for sh that measures the cells one after another with `program` bench (or $KINEMA). Its
// one argument is the folder of results, by default `results`. Finished cells are skipped; of a
// failed one the reason is kept, and the next one follows; an interrupt ends the script. Exit code
// 1 if a cell failed.
std::string sweep_script(const Sweep& sweep,
                         const std::vector<SweepCell>& cells,
                         const std::string& program,
                         const std::string& results);

}  // namespace kinema::bench
