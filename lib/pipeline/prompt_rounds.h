// Which rank encodes which prompt.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "parallel/team.h"

namespace kinema::pipeline {

// What this rank does in each round, in which every column of guidance branches has one prompt at
// most: the prompt to encode, or nothing but help its peers with its part of the weights. Prompts
// are encoded by their column's first tensor-parallel ranks: prompt i by those of team.speaker(i).
std::vector<std::optional<size_t>> prompt_rounds(const parallel::Team& team, size_t prompts);

}  // namespace kinema::pipeline
