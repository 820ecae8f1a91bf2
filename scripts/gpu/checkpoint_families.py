"""What a checkpoint of published sizes is made of, by family."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import shapes_hunyuan15
import shapes_ltx2
from published_sizes import HUNYUAN15_SIZES, LTX2_SIZES, merged
from shapes import Config, Shapes

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"
GLYPH_WIDTH_OF_TEST_DATA = 40


@dataclass(frozen=True)
class Family:
    fixture: Path  # a tiny checkpoint, whose small files and configurations are taken over
    components: dict[str, Callable[[Config], Shapes]]
    full: dict[str, Config]  # what the published configurations say other than the fixture's
    gains: dict[str, float]  # of a tensor's spread; the last pattern that is found in a name decides

    def configs(self, sizes: str, layers: int | None, text_layers: int | None) -> dict[str, Config]:
        found: dict[str, Config] = {}
        for component in self.components:
            config = json.loads((self.fixture / component / "config.json").read_text(encoding="utf-8"))
            found[component] = merged(config, self.full[component] if sizes == "full" else {})
        if layers:
            found["transformer"]["num_layers"] = layers
        if text_layers and "connectors" in found:
            text = found["text_encoder"]["text_config"]
            text["num_hidden_layers"], text["layer_types"] = text_layers, text["layer_types"][:text_layers]
            found["connectors"]["text_proj_in_factor"] = text_layers + 1
        return found

    def shapes(self, component: str, config: Config, sizes: str) -> Shapes:
        if self is HUNYUAN15 and component == "transformer" and sizes == "tiny":
            return shapes_hunyuan15.transformer(config, GLYPH_WIDTH_OF_TEST_DATA)
        return self.components[component](config)


HUNYUAN15 = Family(
    DATA / "hunyuan15" / "t2v" / "model",
    shapes_hunyuan15.COMPONENTS,
    HUNYUAN15_SIZES,
    # Frames come out in -1..1, attention neither flat nor of one key.
    {
        r"norm1(_context)?\.linear|norm_out\.linear": 0.5,
        r"SelfAttention\.(q|k)": 0.5,
        r"decoder\.conv_out": 0.3,
    },
)
LTX2 = Family(
    DATA / "ltx2" / "t2v" / "model",
    shapes_ltx2.COMPONENTS,
    LTX2_SIZES,
    {r"scale_shift_table|time_embed\.linear|\.linear\.(weight|bias)$": 0.5, r"decoder\.conv_out": 0.3},
)
FAMILIES = {"hunyuan15": HUNYUAN15, "ltx2": LTX2}
