#!/usr/bin/env bash
# Checks that the stored tokenizer cases are what the reference still gives, then compares the tokenizers with
# transformers on random text.
# usage: tests/live/tokenizers.sh BUILD_FOLDER     KINEMA_TOKENIZERS: folder with real files, qwen3/ and gemma3/
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
"$python" "$root/tests/text/make_tokenizer_fixtures.py" --check
exec "$python" "$root/tests/text/compare_tokenizers.py" "$build/tests/text/tokenizer_ids" --count 1000
