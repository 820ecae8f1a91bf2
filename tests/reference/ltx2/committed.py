"""The small cases that are committed under tests/data/ltx2."""

from case_files import Storage
from ltx2.spec import AUDIO_2_3, VAE_2_3, Call, CaseSpec, TextEncoder, Tiling

BFLOAT16 = {
    name: Storage("bfloat16")
    for name in ["transformer", "vae", "text_encoder", "connectors", "audio_vae", "vocoder"]
}

# An accent, an emoji, Chinese, a newline, two blanks, digits and a string that looks special.
T2V = CaseSpec(
    name="t2v",
    weight_seed=1,
    call=Call(
        prompt="A red fox  runs past a caf\u00e9,\nit's 7 o'clock \U0001f98a \u72d0 <bos> end",
        negative_prompt="blurry, low quality",
        height=64,
        width=96,
        num_frames=17,
        num_inference_steps=3,
        seed=43,
    ),
    storage=BFLOAT16 | {"transformer": Storage("bfloat16", max_shard_size="100KB")},
)

I2V = CaseSpec(
    name="i2v",
    weight_seed=2,
    call=Call(
        prompt="The cat walks to the boat; slow camera",
        negative_prompt="",
        height=64,
        width=96,
        num_frames=9,
        num_inference_steps=2,
        seed=7,
        frame_rate=25.0,
        guidance_scale=5.5,
        audio_guidance_scale=0.0,
        picture_size=(50, 84),
        tiling=Tiling(size=64, stride=32),
    ),
    generation="2.3",
    text_encoder=TextEncoder(config_style="transformers4"),
    vae=VAE_2_3,
    audio=AUDIO_2_3,
    storage=BFLOAT16 | {"vae": Storage("float16")},
)

COMMITTED = {spec.name: spec for spec in [T2V, I2V]}
