// What the engine says on standard output, for questions that only it can answer.
#pragma once

#include <string>
#include <vector>

namespace kinema::cli {

// Runs kinema-engine with these arguments and waits. Its errors are printed by itself; where it
// fails this process leaves with its exit code.
std::string engine_words(const std::vector<std::string>& arguments);

}  // namespace kinema::cli
