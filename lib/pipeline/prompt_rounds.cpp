// Columns take turns; ranks that hold a part of the weights come along.
#include "pipeline/prompt_rounds.h"

namespace kinema::pipeline {

std::vector<std::optional<size_t>> prompt_rounds(const parallel::Team& team, size_t prompts) {
  std::vector<std::optional<size_t>> rounds;
  if (!team.denoises()) return rounds;
  const auto columns = static_cast<size_t>(team.cfg().size());
  const auto column = static_cast<size_t>(team.cfg().rank());
  const int first = team.speaker(column), rank = team.replica().rank();
  const bool speaks = rank >= first && rank < first + team.tensor_ranks();
  for (size_t start = 0; start < prompts; start += columns) {
    if (speaks && start + column < prompts) {
      rounds.emplace_back(start + column);
    } else if (team.weights()) {
      rounds.emplace_back();
    }
  }
  return rounds;
}

}  // namespace kinema::pipeline
