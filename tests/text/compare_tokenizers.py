"""Compares tokenizers with transformers on random and on every text, live.

Real tokenizer files are looked for in the folders qwen3/ and gemma3/ of $KINEMA_TOKENIZERS; without it only the small
tokenizers of the stored cases are compared, and that is said.
Usage: compare_tokenizers.py PROGRAM [--count N] [--seed N] [--all-code-points]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from random_text import every_code_point, random_texts

CASES = Path(__file__).resolve().parents[1] / "data" / "hunyuan15"


def our_ids(program: str, kind: str, folder: Path, texts: list[str]) -> list:
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    run = subprocess.run([program, kind, folder], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


class Comparison:
    def __init__(self, program: str, texts: Callable[[list[str]], list[str]]):
        self.program = program
        self.texts = texts
        self.passed = self.failed = 0

    def run(self, name: str, kind: str, folder: Path, reference: Callable[[str], list], special: list[str]) -> None:
        texts = self.texts(special)
        ours = our_ids(self.program, kind, folder, texts)
        assert len(ours) == len(texts)
        wrong = [(text, got, want) for text, got in zip(texts, ours) if got != (want := reference(text))]
        self.passed += not wrong
        self.failed += bool(wrong)
        print(f"{name}: {len(texts)} texts, {len(wrong)} differ", flush=True)
        for text, got, want in wrong[:5]:
            print(f"  {ascii(text)}\n    ours      {got}\n    reference {want}")


def compare_qwen(comparison: Comparison, name: str, folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast, Qwen2Tokenizer

    by_class = Qwen2Tokenizer.from_pretrained(folder)
    by_file = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    special = list(by_class.get_added_vocab())
    comparison.run(f"{name}, Qwen2Tokenizer", "bpe", folder, lambda t: by_class.encode(t), special)
    comparison.run(f"{name}, tokenizer.json alone", "bpe", folder, lambda t: by_file.encode(t), special)
    with tempfile.TemporaryDirectory() as made:
        write_vocab_and_merges(folder, Path(made))
        by_pair = Qwen2Tokenizer.from_pretrained(made)
        comparison.run(f"{name}, vocab.json and merges.txt", "bpe", Path(made), lambda t: by_pair.encode(t), special)


def write_vocab_and_merges(folder: Path, made: Path) -> None:
    model = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["model"]["merges"]]
    (made / "vocab.json").write_text(json.dumps(model["model"]["vocab"]), encoding="utf-8")
    (made / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    config["added_tokens_decoder"] = {
        str(token["id"]): {key: value for key, value in token.items() if key != "id"} for token in model["added_tokens"]
    }
    (made / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")


def compare_gemma(comparison: Comparison, name: str, folder: Path) -> None:
    from transformers import AutoTokenizer

    reference = AutoTokenizer.from_pretrained(folder)
    special = [token for token in reference.get_added_vocab() if "unused" not in token]
    plain = lambda text: reference.encode(text, add_special_tokens=False)  # noqa: E731
    comparison.run(f"{name}, {type(reference).__name__}", "bpe", folder, plain, special)
    comparison.run(f"{name}, with <bos>", "bpe-template", folder, lambda t: reference.encode(t), special)
    reference.padding_side = "left"

    def row(text: str) -> list:
        """A prompt as LTX-2's pipelines make it one, in a row of 32 tokens."""
        made = reference(text.strip(), padding="max_length", max_length=32, truncation=True)
        first = made.attention_mask.index(1)
        return [made.input_ids[first:], first]

    comparison.run(f"{name}, LTX-2's prompts", "ltx2", folder, row, special)


def compare_byt5(comparison: Comparison, name: str, folder: Path) -> None:
    from transformers import ByT5Tokenizer

    reference = ByT5Tokenizer.from_pretrained(folder)
    encode = lambda text: reference(text, max_length=256, truncation=True)["input_ids"]  # noqa: E731
    special = ["<pad>", "</s>", "<unk>", "<extra_id_0>", "<extra_id_12>", "<color-1>", "<en-font-2>"]
    comparison.run(f"{name}, ByT5Tokenizer", "byt5", folder, encode, special)
    legacy_files(folder, comparison, name, special)


def legacy_files(folder: Path, comparison: Comparison, name: str, special: list[str]) -> None:
    """The same tokens as transformers before 4.34 wrote them: added_tokens.json and special_tokens_map.json."""
    from transformers import ByT5Tokenizer

    with tempfile.TemporaryDirectory() as made:
        config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        extra = config.pop("extra_special_tokens")
        del config["added_tokens_decoder"]
        (Path(made) / "tokenizer_config.json").write_text(json.dumps(config | {"additional_special_tokens": extra}))
        (Path(made) / "added_tokens.json").write_text((folder / "added_tokens.json").read_text(encoding="utf-8"))
        (Path(made) / "special_tokens_map.json").write_text(json.dumps({"eos_token": "</s>", "pad_token": "<pad>"}))
        reference = ByT5Tokenizer.from_pretrained(made)
        encode = lambda text: reference(text, max_length=256, truncation=True)["input_ids"]  # noqa: E731
        comparison.run(f"{name}, its older files", "byt5", Path(made), encode, special)


def compare_prompts(comparison: Comparison, name: str, folder: Path) -> None:
    from diffusers.pipelines.hunyuan_video1_5 import pipeline_hunyuan_video1_5 as pipeline
    from transformers import ByT5Tokenizer, Qwen2Tokenizer

    text = Qwen2Tokenizer.from_pretrained(folder / "tokenizer")
    glyph = ByT5Tokenizer.from_pretrained(folder / "tokenizer_2")

    def tokens(prompt: str) -> list:
        # What the two _get_…_prompt_embeds functions do up to their encoders.
        chats = pipeline.format_text_input([prompt], system_message())
        inputs = text.apply_chat_template(chats, add_generation_prompt=True, tokenize=True, return_dict=True,
                                          padding="max_length", max_length=1108, truncation=True)  # fmt: skip
        ids = [i for i, valid in zip(inputs["input_ids"][0], inputs["attention_mask"][0]) if valid]
        glyphs = pipeline.extract_glyph_texts(prompt)
        return [ids, [] if glyphs is None else glyph(glyphs, max_length=256, truncation=True)["input_ids"]]

    def system_message() -> str:
        import inspect

        return inspect.signature(pipeline.HunyuanVideo15Pipeline._get_mllm_prompt_embeds).parameters["system_message"].default

    special = ['"', "“", "”", '"Open"', "“Fuchs”", '""', "\n", "<|im_start|>", "<|im_end|>", "</s>", "<color-1>"] * 3
    comparison.run(f"{name}, whole prompts", "prompt", folder, tokens, special)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("program")
    arguments.add_argument("--count", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--all-code-points", action="store_true")
    args = arguments.parse_args()
    code_points = every_code_point() if args.all_code_points else []
    long = ["a" * 3000, " " * 3000 + "x", "\n \r\n" * 1000, "狐" * 3000, "🦊 " * 700, '"' + "é" * 400 + '"', "word " * 1500]
    comparison = Comparison(args.program, lambda special: [*random_texts(args.count, args.seed, special), "", *long,
                                                           *code_points])  # fmt: skip
    real = os.environ.get("KINEMA_TOKENIZERS")
    if real:
        compare_qwen(comparison, "qwen3", Path(real) / "qwen3")
        compare_gemma(comparison, "gemma3", Path(real) / "gemma3")
    else:
        print("skipped: the real tokenizer files, because KINEMA_TOKENIZERS names no folder with qwen3/ and gemma3/")
    compare_qwen(comparison, "small", CASES / "t2v" / "model" / "tokenizer")
    compare_byt5(comparison, "small", CASES / "t2v" / "model" / "tokenizer_2")
    compare_prompts(comparison, "small", CASES / "t2v" / "model")
    print(f"{comparison.passed} passed, {comparison.failed} failed")
    return 1 if comparison.failed else 0


if __name__ == "__main__":
    sys.exit(main())
