"""What recipes for `asrdiag train sft` and `asrdiag train rl` both say: the model, rows, how it is chosen."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from asrdiag.engines.transformers.checkpoint import CheckpointName
from asrdiag.engines.transformers.checkpoint_spec import Tag
from asrdiag.spec import Spec, SuitePath

from ..recipe import Recipe

Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Curve = Literal["cosine", "linear", "constant"]
"""Of learning rates after the warm-up."""
PartName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


def part_name(name: str) -> str:
    """The name of a part that a recipe may call by another one: `llm` is the `decoder`."""
    return "decoder" if name == "llm" else name


def rates_by_part(rates: Mapping[str, float]) -> dict[str, float]:
    """Learning rates under the parts' own names.

    >>> rates_by_part({"encoder": 1e-5, "llm": 2e-5})
    {'encoder': 1e-05, 'decoder': 2e-05}
    """
    return {part_name(part): rate for part, rate in rates.items()}


def _each_part_once(rates: Mapping[str, float]) -> Mapping[str, float]:
    if len(rates_by_part(rates)) < len(rates):
        raise ValueError("found decoder and llm, which are one part, expected one of them")
    return rates


LearningRates = Annotated[Mapping[PartName, Rate], Field(min_length=1), AfterValidator(_each_part_once)]
"""By part; parts that are not named do not learn. `llm` is another name of `decoder`."""


class Model(Spec):
    """What is trained, and how it is asked: as a system of the `transformers` engine says it."""

    checkpoint: CheckpointName
    revision: str | None = None
    family: str | None = None
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Of what is computed, and of the weights beside an adapter; what learns is float32 always."""
    attention: Literal["eager", "sdpa", "flash_attention_2"] | None = None
    language: Literal["auto", "from_clip"] | Tag = "auto"
    """`auto`: the model is not told and learns to say it, where it says it; `from_clip`: it is told."""
    prompt: str | None = None


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"found {pattern!r}, expected a regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class Module(Spec):
    """A part of a model, by regular expressions."""

    weights: Pattern
    """Its parameters: their names match from the start."""
    lora: Pattern
    """The linear layers that an adapter changes: their names match whole."""


class Lora(Spec):
    """An adapter of low rank (Hu et al. 2021) for every linear layer of each trained part."""

    r: Count = 8
    alpha: Count = 16
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.05


class Limits(Spec):
    """Rows beyond these are not trained on; they are counted and listed in `skipped.jsonl`."""

    min_duration_s: Rate = 0.1
    max_duration_s: Rate = 30.0
    silence_dbfs: float = -60.0
    """No tenth of a second is louder: nothing is heard in it."""
    max_characters_per_s: Rate = 40.0
    """A transcript that nobody could speak in the time belongs to another clip."""
    max_skipped_share: Share = 0.05
    """Nothing is trained if a larger share of the rows cannot be used."""


class Validation(Spec):
    """The rows that checkpoints are chosen by."""

    rows: SuitePath
    limit: Count | None = None
    """So many of them, drawn once."""
    batch_size: Count = 16
    max_rise: Mapping[Literal["clean_wer", "empty", "hallucination", "repetition"], Share] = {
        "clean_wer": 0.005,
        "empty": 0.01,
        "hallucination": 0.01,
        "repetition": 0.01,
    }
    """A checkpoint at which one of these has risen by more over the model before training is not chosen."""


class ModelRecipe(Recipe):
    """Training of a speech model."""

    model: Model
    modules: Annotated[Mapping[PartName, Module], Field(min_length=1)] | None = None
    """The parts of a model of a family that has none of its own here."""
    start: SuitePath | None = None
    """An adapter that training begins with: `sft` goes on with it, `rl` makes it part of the model first."""
    validation: Validation | None = None
    limits: Limits = Limits()
