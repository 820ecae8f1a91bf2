"""Trains a small byte-level BPE tokenizer that has the form of Qwen2.5's: same normaliser, split
pattern, special tokens."""

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import Qwen2Tokenizer
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

# Qwen2.5's added tokens, in the order of their ids (151643 and up in the real file).
SPECIAL_TOKENS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
    "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>",
    "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
]  # fmt: skip
ORDINARY_ADDED_TOKENS = [
    "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
    "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
]  # fmt: skip

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + "
    "message['content'] + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

# Words beyond the template, so that prompts mix whole words, word pieces and single bytes.
EXTRA_TEXT = (
    "A red fox runs past the old wooden house. The cat sleeps. It's a bright day, isn't it? "
    "We'll walk on the grass; they've seen 24 birds fly over a river with a boat and a small "
    "bridge.\nSlow camera, realistic, cinematic light.\n\nblurry, low quality, distorted"
)


def train(texts: Iterable[str]) -> Tokenizer:
    """Merges until every word of `texts` is one token, as nearly every word of the real vocabulary
    is."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel(
        add_prefix_space=False, trim_offsets=False, use_regex=False
    )
    trainer = trainers.BpeTrainer(
        vocab_size=100_000,
        min_frequency=1,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def qwen_style_tokenizer(texts: Iterable[str]) -> Qwen2Tokenizer:
    """A Qwen2Tokenizer whose vocabulary was trained on `texts`; the added tokens follow the
    vocabulary."""
    tokenizer = train(texts)
    tokenizer.add_special_tokens(SPECIAL_TOKENS)
    tokenizer.add_tokens(ORDINARY_ADDED_TOKENS)
    return Qwen2Tokenizer(
        tokenizer_object=tokenizer,
        chat_template=CHAT_TEMPLATE,
        model_max_length=131072,
        padding_side="right",
    )
