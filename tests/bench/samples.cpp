// Figures that are easy to follow by hand.
#include "bench/samples.h"

namespace kinema::test {

bench::Cell done_cell(const std::string& id, int64_t ranks, const std::vector<double>& seconds) {
  bench::Cell cell;
  cell.id = id;
  cell.label = "ulysses_degree=" + std::to_string(ranks);
  cell.repetitions = {1, static_cast<int64_t>(seconds.size())};
  cell.model = {{"name", "Model"}};
  cell.machine = {{"cpu", "A & B <C>"}};
  cell.job = {{"width", 64}, {"height", 48}, {"offload", "none"}, {"ulysses_degree", ranks}};
  cell.plan = {{"ranks", ranks}, {"cfg", 1}, {"ulysses", ranks}};
  for (const double one : seconds) {
    bench::Run run;
    run.seconds = one;
    run.stages = {{"denoise", 0.9 * one}, {"decode", 0.1 * one}};
    run.step_seconds = {0.2 * one, 0.3 * one, 0.4 * one};
    run.peak_bytes.assign(static_cast<size_t>(ranks), 1'500'000'000);
    cell.runs.push_back(run);
  }
  return cell;
}

bench::Cell failed_cell(const std::string& id, const std::string& reason) {
  bench::Cell cell;
  cell.id = cell.label = id;
  cell.state = bench::CellState::kFailed;
  cell.reason = reason;
  cell.exit_code = 6;
  return cell;
}

}  // namespace kinema::test
