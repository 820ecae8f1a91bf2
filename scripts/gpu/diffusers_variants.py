"""diffusers as it is shipped, and with what makes it faster without changing its result."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.embeddings import apply_rotary_emb

Pipeline = Any
Undo = Callable[[], None]


def on_cudnn(pipeline: Pipeline) -> Undo:
    """Attention by cuDNN, where there is a GPU."""
    if pipeline.device.type == "cuda":
        pipeline.transformer.set_attention_backend("_native_cudnn")
    return pipeline.transformer.reset_attention_backend


class UnmaskedProcessor:
    """HunyuanVideo15AttnProcessor2_0 without its mask of every token by every token."""

    _attention_backend = None
    _parallel_config = None

    def __call__(self, attn: Any, hidden_states: Any, encoder_hidden_states: Any = None, attention_mask: Any = None, image_rotary_emb: Any = None) -> Any:
        def heads(projections: list[Any], x: Any, norms: list[Any]) -> list[Any]:
            parts = [projection(x).unflatten(2, (attn.heads, -1)) for projection in projections]
            return [norm(part) if norm else part for norm, part in zip(norms, parts)]

        query, key, value = heads([attn.to_q, attn.to_k, attn.to_v], hidden_states, [attn.norm_q, attn.norm_k, None])
        query, key = (apply_rotary_emb(x, image_rotary_emb, sequence_dim=1) for x in (query, key))
        text = heads([attn.add_q_proj, attn.add_k_proj, attn.add_v_proj], encoder_hidden_states, [attn.norm_added_q, attn.norm_added_k, None])
        joint = [torch.cat(pair, dim=1) for pair in zip((query, key, value), text)]
        out = dispatch_attention_fn(*joint, backend=self._attention_backend).flatten(2, 3).to(query.dtype)
        video, words = out.split([hidden_states.shape[1], encoder_hidden_states.shape[1]], dim=1)
        return attn.to_out[1](attn.to_out[0](video)), attn.to_add_out(words)


def without_padding(pipeline: Pipeline) -> Undo:
    """HunyuanVideo 1.5's blocks see the valid text tokens alone, which come first, and no mask."""
    blocks = pipeline.transformer.transformer_blocks

    def trimmed(_: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        hidden, text, time, mask, rotary = arguments
        return hidden, text[:, : mask.shape[1]], time, mask, rotary

    def trimmed_first(_: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        hidden, text, time, mask, rotary = arguments
        return hidden, text[:, : int(mask.sum(dim=1).max())], time, mask, rotary

    shipped = [block.attn.processor for block in blocks]
    hooks = [block.register_forward_pre_hook(trimmed_first if block is blocks[0] else trimmed) for block in blocks]
    for block in blocks:
        block.attn.processor = UnmaskedProcessor()

    def undo() -> None:
        for hook in hooks:
            hook.remove()
        for block, processor in zip(blocks, shipped):
            block.attn.processor = processor

    return undo


def without_text_mask(pipeline: Pipeline) -> Undo:
    """LTX-2's text has registers in the place of padding: its masks hide nothing."""
    masks = ("encoder_attention_mask", "audio_encoder_attention_mask")

    def dropped(_: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        hide = [name for name in masks if named.get(name) is not None and bool((named[name] != 1).any())]
        if hide:
            raise RuntimeError(f"{hide[0]} hides tokens")
        return arguments, named | {name: None for name in masks}

    return pipeline.transformer.register_forward_pre_hook(dropped, with_kwargs=True).remove


def compiled(pipeline: Pipeline) -> Undo:
    pipeline.transformer.compile_repeated_blocks(dynamic=False)

    def undo() -> None:
        for module in pipeline.transformer.modules():
            module._compiled_call_impl = None

    return undo


VARIANTS: dict[str, dict[str, list[Callable[[Pipeline], Undo]]]] = {
    "hunyuan15": {
        "shipped": [],
        "cudnn": [on_cudnn],
        "patched": [without_padding, on_cudnn],
        "compiled": [without_padding, on_cudnn, compiled],
    },
    "ltx2": {
        "shipped": [],
        "cudnn": [on_cudnn],
        "patched": [without_text_mask, on_cudnn],
        "compiled": [without_text_mask, on_cudnn, compiled],
    },
}


@contextmanager
def variant(pipeline: Pipeline, family: str, name: str) -> Iterator[None]:
    with ExitStack() as undo:
        for patch in VARIANTS[family][name]:
            undo.callback(patch(pipeline))
        yield
