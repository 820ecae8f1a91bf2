#!/usr/bin/env bash
# Installs the build into a folder of its own, which is moved then, and makes a video with what lies there and nothing else.
# usage: tests/live/installed.sh BUILD_FOLDER
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
check() {
  local name=$1; shift
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "failed: $name"; fi
}
cmake --install "$build" --prefix "$work/first" > "$work/install.log" || { cat "$work/install.log"; exit 1; }
mv "$work/first" "$work/prefix"
cd "$work"
kinema=$work/prefix/bin/kinema
check "a video of the installed model" "$kinema" generate -p "a red circle moves right" --steps 2 --log-level quiet -o circle.mp4
check "the video is there" test -s circle.mp4
check "the model is the installed one" grep -qF "$work/prefix/share/kinema/models/shapes" <("$kinema" plan -p x --json)
check "pictures find their model" "$kinema" generate --image prefix/share/kinema/models/shapes-i2v/picture.png \
  -p "an orange star moves right" --steps 2 --log-level quiet -o star.mp4
check "two processes" "$kinema" generate -p "a red circle moves right" --steps 2 --cfg-parallel-size 2 --log-level quiet -o two.mp4
check "the manual page" grep -q kinema prefix/share/man/man1/kinema.1
echo "$passed passed, $failed failed"
(( failed == 0 ))
