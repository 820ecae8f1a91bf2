"""What an LTX-2 test case is made of: sizes of the networks, form of the files, and the call."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from case_files import Storage


@dataclass(frozen=True)
class Tiling:
    """A VAE tile in output pixels and frames; `framewise` makes the reference tile in time too."""

    size: int = 64
    stride: int = 32
    frames: int = 16
    frame_stride: int = 8
    framewise: bool = False

    def as_enable_tiling_arguments(self) -> dict[str, int]:
        """The arguments of AutoencoderKLLTX2Video.enable_tiling."""
        return {
            "tile_sample_min_height": self.size,
            "tile_sample_min_width": self.size,
            "tile_sample_min_num_frames": self.frames,
            "tile_sample_stride_height": self.stride,
            "tile_sample_stride_width": self.stride,
            "tile_sample_stride_num_frames": self.frame_stride,
        }


@dataclass(frozen=True)
class Call:
    """The arguments of one generation, named as the reference's; a picture (height, width) makes it
    image-to-video, or is shown at each of the `conditions`: latent index and strength."""

    prompt: str
    negative_prompt: str
    height: int
    width: int
    num_frames: int
    num_inference_steps: int
    seed: int
    frame_rate: float = 24.0
    motion_speed: float = 1.0
    sigmas: tuple[float, ...] | None = None
    guidance_scale: float = 3.0
    stg_scale: float = 1.0
    modality_scale: float = 3.0
    guidance_rescale: float = 0.7
    audio_guidance_scale: float | None = 7.0
    audio_stg_scale: float | None = 1.0
    audio_modality_scale: float | None = 3.0
    audio_guidance_rescale: float | None = 0.7
    spatio_temporal_guidance_blocks: tuple[int, ...] = (1,)
    use_cross_timestep: bool = True
    decode_timestep: float = 0.0
    decode_noise_scale: float | None = None
    max_sequence_length: int = 128
    picture_size: tuple[int, int] | None = None
    conditions: tuple[tuple[int, float], ...] = ()
    tiling: Tiling | None = None

    @property
    def is_guided(self) -> bool:
        """Whether the negative prompt is encoded at all; a falsy audio value means the video's."""
        return max(self.guidance_scale, self.audio_guidance_scale or self.guidance_scale) > 1


@dataclass(frozen=True)
class Transformer:
    """Sizes of LTX2VideoTransformer3DModel; its generation decides the other settings."""

    num_attention_heads: int = 4
    attention_head_dim: int = 8
    audio_num_attention_heads: int = 4
    audio_attention_head_dim: int = 4
    num_layers: int = 2
    rope_type: Literal["split", "interleaved"] = "split"
    rope_double_precision: bool = True
    perturbed_attn: bool | None = None

    @property
    def width(self) -> int:
        return self.num_attention_heads * self.attention_head_dim

    @property
    def audio_width(self) -> int:
        return self.audio_num_attention_heads * self.audio_attention_head_dim


@dataclass(frozen=True)
class TextEncoder:
    """Sizes of Gemma's text model; heads * head_dim differs from hidden_size as in the real one."""

    hidden_size: int = 32
    num_hidden_layers: int = 7
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    head_dim: int = 12
    intermediate_size: int = 40
    sliding_window: int = 16
    config_style: Literal["transformers4", "transformers5"] = "transformers5"


@dataclass(frozen=True)
class Connectors:
    """Sizes of LTX2TextConnectors. The heads of 2.3's follow the transformer's widths."""

    num_attention_heads: int = 4
    num_layers: int = 2
    num_learnable_registers: int = 32


@dataclass(frozen=True)
class Vae:
    """Sizes of AutoencoderKLLTX2Video."""

    latent_channels: int = 8
    block_out_channels: tuple[int, ...] = (8, 16, 16, 32)
    layers_per_block: tuple[int, ...] = (1, 1, 1, 1, 1)
    decoder_block_out_channels: tuple[int, ...] = (8, 16, 32)
    decoder_layers_per_block: tuple[int, ...] = (1, 1, 1, 1)
    upsample_type: tuple[str, ...] = ("spatiotemporal",) * 3
    upsample_residual: tuple[bool, ...] = (True, True, True)
    upsample_factor: tuple[int, ...] = (2, 2, 2)
    decoder_causal: bool = False
    decoder_spatial_padding_mode: str = "reflect"
    timestep_conditioning: bool = False
    scaling_factor: float = 1.0


VAE_2_3 = Vae(
    block_out_channels=(8, 16, 16, 16),
    decoder_block_out_channels=(8, 16, 16, 32),
    decoder_layers_per_block=(1, 2, 1, 1, 1),
    upsample_type=("spatiotemporal", "spatiotemporal", "temporal", "spatial"),
    upsample_residual=(False,) * 4,
    upsample_factor=(2, 2, 1, 2),
    decoder_spatial_padding_mode="zeros",
)


@dataclass(frozen=True)
class Audio:
    """Sizes of AutoencoderKLLTX2Audio and of the vocoder."""

    base_channels: int = 8
    latent_channels: int = 2
    ch_mult: tuple[int, ...] = (1, 2, 3)
    num_res_blocks: int = 1
    mel_bins: int = 16
    vocoder_channels: int = 32
    bwe_channels: int = 32
    resnet_kernel_sizes: tuple[int, ...] = (3, 7, 11)
    filter_length: int = 160

    @property
    def token_width(self) -> int:
        return self.latent_channels * self.mel_bins // 4


# 2.3's vocoder halves its channels six times.
AUDIO_2_3 = Audio(vocoder_channels=64, resnet_kernel_sizes=(3, 7))


@dataclass(frozen=True)
class Scheduler:
    """The dev schedule, or the distilled one that takes its sigmas as they are."""

    use_dynamic_shifting: bool = True
    shift_terminal: float | None = 0.1
    shift: float = 1.0


@dataclass(frozen=True)
class SecondStage:
    """What refines the first stage's latents, and the upsampler that enlarges them."""

    sigmas: tuple[float, ...] = (0.909375, 0.725, 0.421875)
    noise_scale: float = 0.909375
    adain_factor: float = 0.0
    tone_map_compression_ratio: float = 0.0
    scale: float = 2.0
    use_rational_resampler: bool = True


@dataclass(frozen=True)
class CaseSpec:
    """A whole case: `weight_seed` draws the weights, `call.seed` the noise."""

    name: str
    weight_seed: int
    call: Call
    generation: Literal["2.0", "2.3"] = "2.0"
    transformer: Transformer = Transformer()
    text_encoder: TextEncoder = TextEncoder()
    connectors: Connectors = Connectors()
    vae: Vae = Vae()
    audio: Audio = Audio()
    scheduler: Scheduler = Scheduler()
    second_stage: SecondStage | None = None
    storage: dict[str, Storage] = field(default_factory=dict)

    @property
    def is_image_to_video(self) -> bool:
        return self.call.picture_size is not None and not self.call.conditions

    @property
    def is_2_3(self) -> bool:
        return self.generation == "2.3"

    def storage_of(self, component: str) -> Storage:
        return self.storage.get(component, Storage())

    def as_json(self) -> dict[str, Any]:
        """What case.json holds: the call, named as the reference's arguments, and the spec for a
        reader."""
        call = dataclasses.asdict(self.call)
        picture_size = call.pop("picture_size")
        call["family"] = "ltx2"
        conditions = call.pop("conditions")
        call["variant"] = "i2v" if self.is_image_to_video else "t2v"
        if conditions:
            call |= {"variant": "conditions", "conditions": conditions}
        if picture_size:
            call |= {"image": "image.png", "image_crf": 0}
        spec = dataclasses.asdict(self)
        del spec["call"]
        call["second_stage"] = spec.pop("second_stage")
        return {**call, "checkpoint": spec}
