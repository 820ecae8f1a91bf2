#!/usr/bin/env bash
# Does all the set-up, builds, and runs every test: unit, parity with the reference, several processes, command line.
# usage: scripts/test.sh [--asan]     --asan: the unit tests under AddressSanitizer and UBSan instead
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/plain_environment.bash
sanitized=0
for argument in "$@"; do
  case "$argument" in
    --asan) sanitized=1 ;;
    *) echo "test.sh: unknown argument $argument (known: --asan)" >&2; exit 2 ;;
  esac
done
build=build/release
if (( sanitized )); then
  scripts/setup.sh --tests --only-install
  build=build/asan
  cmake --preset asan > build/asan-configure.log
  cmake --build --preset asan
  # LibTorch keeps pools until exit; only what our code does to memory is judged.
  export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
else
  scripts/setup.sh --tests
fi

passed=0 failed=0 skipped=0
# count LOG: adds the test cases of one Catch2 or Python test log.
count() {
  local numbers
  numbers=$(awk '
    /^All tests passed \(/ { for (i = 1; i < NF; ++i) if ($(i + 1) ~ /^test$/) p += $i }
    /^test cases:/ { for (i = 1; i <= NF; ++i) { if ($i == "passed") p += $(i - 1); if ($i == "failed") f += $(i - 1) } }
    /^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3 }
    /^ *skipped: / { ++s }
    END { printf "%d %d %d", p, f, s }' "$1")
  read -r p f s <<< "$numbers"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# run NAME COMMAND...: one test program; its log is shown only when it fails.
run() {
  local name=$1 start=$SECONDS log=$build/test-logs/$1.log; shift
  mkdir -p "$build/test-logs"
  local status=0 failed_before=$failed
  "$@" > "$log" 2>&1 || status=$?
  count "$log"
  if (( status != 0 )); then
    (( failed > failed_before )) || failed=$((failed + 1))
    printf 'FAILED  %s (exit %d, %d s)\n' "$name" "$status" $((SECONDS - start))
    tail -n 60 "$log"
  else
    printf 'ok      %s (%d s)\n' "$name" $((SECONDS - start))
  fi
}

for program in "$build"/tests/*/*_test; do
  run "$(basename "$program")" "$program"
done
run architecture python3 tests/architecture/check_includes.py
if (( ! sanitized )); then
  for script in tests/live/*.sh; do
    [[ -e $script ]] && run "$(basename "$script" .sh)" "$script" "$build"
  done
fi
(( skipped == 0 )) || echo "skipped: $skipped (each names its reason in $build/test-logs)"
echo "$passed passed, $failed failed"
(( failed == 0 && passed > 0 ))
