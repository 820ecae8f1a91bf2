"""What a HunyuanVideo 1.5 test case is made of: sizes of the networks, form of the files, and the
call."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from case_files import Storage


@dataclass(frozen=True)
class Tiling:
    """A VAE tile in output pixels. The stride is a whole number of latent positions."""

    size: int = 64
    stride: int = 48

    def as_enable_tiling_arguments(self, ratio: int) -> dict[str, Any]:
        """The arguments of AutoencoderKLHunyuanVideo15.enable_tiling."""
        return {
            "tile_sample_min_height": self.size,
            "tile_sample_min_width": self.size,
            "tile_latent_min_height": self.size // ratio,
            "tile_latent_min_width": self.size // ratio,
            "tile_overlap_factor": 1.0 - self.stride / self.size,
        }


@dataclass(frozen=True)
class Call:
    """The arguments of one generation; a picture (height, width) makes it image-to-video."""

    prompt: str
    negative_prompt: str
    height: int
    width: int
    num_frames: int
    num_inference_steps: int
    guidance_scale: float
    seed: int
    picture_size: tuple[int, int] | None = None
    tiling: Tiling = Tiling()


@dataclass(frozen=True)
class Transformer:
    """Sizes of HunyuanVideo15Transformer3DModel."""

    num_attention_heads: int = 4
    attention_head_dim: int = 16
    num_layers: int = 2
    num_refiner_layers: int = 2
    mlp_ratio: float = 1.5
    rope_axes_dim: tuple[int, int, int] = (4, 6, 6)
    rope_theta: float = 256.0
    target_size: int = 640
    use_meanflow: bool = False
    # diffusers fixes the width of the glyph projection at 2048, which alone is 17 MB. The committed
    # cases have fewer; the file's shapes tell the width.
    glyph_projection_width: int = 2048


@dataclass(frozen=True)
class TextEncoder:
    """Sizes of Qwen2_5_VLTextModel."""

    hidden_size: int = 32
    num_hidden_layers: int = 5
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    intermediate_size: int = 56
    mrope_section: tuple[int, int, int] = (1, 1, 2)
    config_style: Literal["transformers4", "transformers5"] = "transformers5"


@dataclass(frozen=True)
class GlyphEncoder:
    """Sizes of T5EncoderModel; num_heads * d_kv differs from d_model as in ByT5."""

    d_model: int = 24
    d_kv: int = 6
    num_heads: int = 3
    d_ff: int = 40
    num_layers: int = 2


@dataclass(frozen=True)
class ImageEncoder:
    """Sizes of SiglipVisionModel; the patch does not divide the image, as in the published one."""

    hidden_size: int = 24
    num_hidden_layers: int = 2
    num_attention_heads: int = 3
    intermediate_size: int = 36
    image_size: int = 45
    patch_size: int = 14


@dataclass(frozen=True)
class Vae:
    """Sizes of AutoencoderKLHunyuanVideo15; channels in the encoder's order."""

    latent_channels: int = 4
    block_out_channels: tuple[int, ...] = (8, 8, 8, 16, 16)
    layers_per_block: int = 1
    scaling_factor: float = 1.03682


@dataclass(frozen=True)
class CaseSpec:
    """A whole case: `weight_seed` draws the weights, `call.seed` the noise."""

    name: str
    weight_seed: int
    call: Call
    transformer: Transformer = Transformer()
    text_encoder: TextEncoder = TextEncoder()
    glyph_encoder: GlyphEncoder = GlyphEncoder()
    image_encoder: ImageEncoder = ImageEncoder()
    vae: Vae = Vae()
    scheduler_shift: float = 5.0
    guider_scale: float = 6.0
    storage: dict[str, Storage] = field(default_factory=dict)

    @property
    def is_image_to_video(self) -> bool:
        return self.call.picture_size is not None

    def storage_of(self, component: str) -> Storage:
        return self.storage.get(component, Storage())

    def as_json(self) -> dict[str, Any]:
        """What case.json holds: the call, named as the reference's arguments, and the spec for a
        reader."""
        call = dataclasses.asdict(self.call)
        picture_size, tiling = call.pop("picture_size"), self.call.tiling
        call["family"] = "hunyuan15"
        call["variant"] = "i2v" if picture_size else "t2v"
        if picture_size:
            call["image"] = "image.png"
        call["tiling"] = {
            "size": tiling.size,
            "stride": tiling.stride,
            **tiling.as_enable_tiling_arguments(16),
        }
        spec = dataclasses.asdict(self)
        del spec["call"]
        return {**call, "checkpoint": spec}
