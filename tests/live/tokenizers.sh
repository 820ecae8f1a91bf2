#!/usr/bin/env bash
# Checks that the stored tokenizer cases are what the reference still gives, then compares the tokenizers with
# transformers on random text.
# usage: tests/live/tokenizers.sh BUILD_FOLDER     KINEMA_TOKENIZERS: folder with real files, qwen3/ and gemma3/
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1")
export TOKENIZERS_PARALLELISM=false PYTHONDONTWRITEBYTECODE=1
"$root/.venv/bin/python" "$root/tests/text/make_tokenizer_fixtures.py" --check
exec "$root/.venv/bin/python" "$root/tests/text/compare_tokenizers.py" "$build/tests/text/tokenizer_ids" --count 1000
