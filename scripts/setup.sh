#!/usr/bin/env bash
# Installs what the build needs (Debian packages, LibTorch in .venv) and builds build/release. Safe to run again.
# usage: scripts/setup.sh [--tests] [--cuda] [--only-install] [--verbose]
#   --tests     also what the tests need: Catch2, the reference implementation, and the test programs
#   --cuda      also CUDA kernels of our own, for --kernels fused (needs nvcc); GPUs are used without them too
#   --only-install   builds nothing
# A LibTorch of your own is used when CMAKE_PREFIX_PATH names it; packages that are already there are left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
with_tests=OFF with_kernels=() builds=1 verbose=0
for argument in "$@"; do
  case "$argument" in
    --tests) with_tests=ON ;;
    --cuda) with_kernels=(-DKINEMA_CUDA=ON) ;;
    --only-install) builds=0 ;;
    --verbose) verbose=1 ;;
    *) echo "setup.sh: unknown argument $argument (known: --tests, --cuda, --only-install, --verbose)" >&2; exit 2 ;;
  esac
done
mkdir -p build
log=build/setup.log
: > "$log"

# say TEXT, then run COMMAND...: one line a step, its output in the log unless it fails or --verbose is given.
step() {
  local text=$1 start=$SECONDS; shift
  printf '%s ... ' "$text" >&2
  if (( verbose )); then
    echo >&2; "$@" 2>&1 | tee -a "$log" >&2
  elif ! "$@" >> "$log" 2>&1; then
    printf 'failed\n' >&2; tail -n 40 "$log" >&2
    echo "setup.sh: \"$text\" failed; the whole output is in $log" >&2; exit 1
  fi
  printf 'done (%d s)\n' $(( SECONDS - start )) >&2
}

wanted_packages() {
  local lists=(third_party/debian-packages.txt)
  [[ $with_tests == ON ]] && lists+=(third_party/debian-packages-tests.txt)
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "${lists[@]}"
}

missing_packages() {
  local package
  for package in $(wanted_packages); do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == "install ok installed" ]] || echo "$package"
  done
}

install_packages() {
  local as_root=()
  if (( EUID != 0 )); then
    command -v sudo > /dev/null || { echo "these packages are missing and only root can install them: $*"; return 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

if command -v dpkg-query > /dev/null; then
  mapfile -t packages < <(missing_packages)
  if (( ${#packages[@]} )); then
    step "Installing ${#packages[@]} Debian packages (about 1 min)" install_packages "${packages[@]}"
  fi
fi

# Whether CMAKE_PREFIX_PATH already names a LibTorch.
has_own_libtorch() {
  local prefix
  for prefix in $(tr ":;" "  " <<< "${CMAKE_PREFIX_PATH:-}"); do
    [[ -e $prefix/include/ATen/ATen.h ]] && return 0
  done
  return 1
}

# Installs a pinned list into .venv unless the very same list is already in.
install_python() {
  local list=$1 stamp
  stamp=.venv/.installed-$(echo "$list" | tr '/' '_')
  cmp -s "$list" "$stamp" && return 0
  [[ -x .venv/bin/python ]] || "${PYTHON:-python3}" -m venv .venv
  .venv/bin/python -m pip install --disable-pip-version-check -q -r "$list"
  cp "$list" "$stamp"
}

if ! has_own_libtorch; then
  step "LibTorch 2.11.0 into .venv (first time: 5 GB, about 2 min)" install_python third_party/requirements-libtorch.txt
fi
if [[ $with_tests == ON ]]; then
  step "The reference implementation into .venv (about 1 min)" install_python tests/reference/requirements.txt
fi

(( builds )) || exit 0
step "Configuring build/release" cmake --preset release -DKINEMA_TESTS=$with_tests "${with_kernels[@]}"
step "Building build/release (first time: about 12 min on 2 cores)" cmake --build build/release
echo "ready: build/release/kinema --help" >&2
