// The script's frame is a text with holes; what stands in it is quoted.
#include "bench/sweep_script.h"

#include "base/log.h"
#include "base/path_text.h"
#include "bench/results.h"

namespace kinema::bench {
namespace {

constexpr auto kScript = R"sh(#!/bin/sh
# Sweep {name}: {count} cells to measure, one after another. Finished ones are skipped, a failed one
# leaves its reason and the next one follows.
# usage: sh SCRIPT [RESULTS]    $KINEMA: the program to measure
kinema=${{KINEMA:-{program}}}
results=${{1:-{results}}}
mkdir -p "$results" || exit 7
cat > "$results/sweep.json" <<'END_OF_LISTING'
{listing}
END_OF_LISTING
failed=0

# cell ID FLAG...
cell() {{
  id=$1
  shift
  if [ -e "$results/$id.json" ]; then
    echo "cell $id: done before" >&2
    return
  fi
  "$kinema" bench --result "$results/$id.json" --cell "$id" "$@" </dev/null
  code=$?
  case $code in
    0) return ;;
    130 | 143) exit $code ;;
  esac
  failed=1
  # The program leaves a reason unless it was killed itself.
  if [ ! -e "$results/$id.failed.json" ]; then
    printf '{{"schema": 1, "kind": "bench", "cell": "%s", "label": "%s", "state": "failed", "exit_code": %d, "reason": "kinema bench ended with exit code %d and left no reason"}}\n' \
      "$id" "$id" "$code" "$code" > "$results/$id.failed.json"
  fi
}}

{cells}exit $failed
)sh";

}  // namespace

std::string sweep_script(const Sweep& sweep,
                         const std::vector<SweepCell>& cells,
                         const std::string& program,
                         const std::string& results) {
  std::string lines;
  size_t count = 0;
  for (const auto& cell : cells) {
    if (!cell.excluded.empty()) {
      lines += fmt::format("# left out: {} ({})\n", cell.label, cell.excluded);
      continue;
    }
    ++count;
    lines += "cell " + cell.id;
    for (const auto& word : bench_words(sweep, cell)) lines += " " + shell_word(word);
    lines += "\n";
  }
  return fmt::format(
      kScript, fmt::arg("name", sweep.name), fmt::arg("count", count),
      fmt::arg("program", shell_word(program)), fmt::arg("results", shell_word(results)),
      fmt::arg("listing", sweep_listing(sweep, cells).dump(1)), fmt::arg("cells", lines));
}

}  // namespace kinema::bench
