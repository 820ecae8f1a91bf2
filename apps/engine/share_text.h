// One process's words, said to its replica.
#pragma once

#include <string>

#include "parallel/team.h"

namespace kinema::engine {

// The text that rank `root` of the replica has, on every rank of it. Others' is not looked at.
std::string shared_text(const parallel::Team& team, int root, const std::string& text);

}  // namespace kinema::engine
