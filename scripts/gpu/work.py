"""What one denoising step must multiply, by family: the floor that no faster program gets under on the same libraries."""

from collections.abc import Iterator
from dataclasses import dataclass

from checkpoint_families import FAMILIES
from shapes import Config

# Valid tokens of a prompt of some twenty words with one quoted sign; each hundred more are under 1 % of a step.
HUNYUAN15_TEXT = 128
LTX2_TEXT = 1024  # padding is replaced by registers, which are attended to
# LTX-2 2.0: with the prompt, without it, and with picture and sound apart.
PASSES = {"hunyuan15": 2, "ltx2": 3}


@dataclass(frozen=True)
class Product:
    """[rows, into] by [into, out], so many times a step."""

    rows: int
    into: int
    out: int
    calls: int
    kind = "product"

    def flops(self) -> float:
        return 2.0 * self.rows * self.into * self.out * self.calls

    def __str__(self) -> str:
        return f"{self.rows}x{self.into} by {self.into}x{self.out}"


@dataclass(frozen=True)
class Attention:
    """Every query by every key, without a mask, so many times a step."""

    queries: int
    keys: int
    heads: int
    width: int
    calls: int
    kind = "attention"

    def flops(self) -> float:
        return 4.0 * self.queries * self.keys * self.heads * self.width * self.calls

    def __str__(self) -> str:
        return f"{self.queries} by {self.keys}, {self.heads} heads of {self.width}"


Operation = Product | Attention


def step_work(family: str, sizes: str, layers: int | None, video: tuple[int, int, int]) -> list[Operation]:
    """Of the blocks, all passes; `video` is width, height and frames. What is outside the blocks is less than 1 %."""
    configs = FAMILIES[family].configs(sizes, layers, None)
    grid = latent_grid(configs["vae"], video)
    tokens = grid[0] * grid[1] * grid[2]
    found = hunyuan15(configs["transformer"], tokens) if family == "hunyuan15" else ltx2(configs["transformer"], tokens)
    return list(found)


def latent_grid(vae: Config, video: tuple[int, int, int]) -> tuple[int, int, int]:
    """Frames, rows and columns of the latents, each of which is a token in both families."""
    width, height, frames = video
    space = vae.get("spatial_compression_ratio") or 32
    time = vae.get("temporal_compression_ratio") or 8
    return (frames - 1) // time + 1, height // space, width // space


def hunyuan15(config: Config, tokens: int, text: int = HUNYUAN15_TEXT) -> Iterator[Operation]:
    heads, width = config["num_attention_heads"], config["attention_head_dim"]
    inner, hidden = heads * width, int(heads * width * config["mlp_ratio"])
    calls = config["num_layers"] * PASSES["hunyuan15"]
    for rows in (tokens, text):
        for into, out in [(inner, 3 * inner), (inner, inner), (inner, hidden), (hidden, inner)]:
            yield Product(rows, into, out, calls)
    together = tokens + text
    yield Attention(together, together, heads, width, calls)


def ltx2(config: Config, tokens: int) -> Iterator[Operation]:
    """The video's stream. The text's keys and values are made once for all steps; the sound's stream is under 1 %."""
    heads, width = config["num_attention_heads"], config["attention_head_dim"]
    sound_heads, sound_width = config["audio_num_attention_heads"], config["audio_attention_head_dim"]
    inner, sound = heads * width, sound_heads * sound_width
    calls = config["num_layers"] * PASSES["ltx2"]
    yield Product(tokens, inner, 3 * inner, calls)
    yield Product(tokens, inner, inner, 3 * calls)  # out of self-attention; into and out of the text's
    yield Product(tokens, inner, 4 * inner, calls)
    yield Product(tokens, 4 * inner, inner, calls)
    # Between picture and sound: queries one way, keys and values the other, and out.
    yield Product(tokens, inner, sound, calls)
    yield Product(tokens, inner, 2 * sound, calls)
    yield Product(tokens, sound, inner, calls)
    yield Attention(tokens, tokens, heads, width, calls)
    yield Attention(tokens, LTX2_TEXT, heads, width, calls)


def total_flops(work: list[Operation]) -> float:
    return sum(operation.flops() for operation in work)
