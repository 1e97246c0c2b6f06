"""A recipe for `asrdiag train sft`: one pydantic model is the check and the reference."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from asrdiag.engines.transformers.checkpoint import CheckpointName
from asrdiag.engines.transformers.checkpoint_spec import Tag
from asrdiag.spec import Identifier, Spec, SuitePath

from ..recipe import Recipe

Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
PARTS = {"llm": "decoder"}
"""Other names of parts."""
PartName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


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


class Rows(Spec):
    """The rows that are trained on."""

    rows: SuitePath
    clean_share: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Of clips that nothing was done to, among those trained on; `None`: as many as there are."""
    max_base_wer: Rate = 0.7
    """Degraded rows on which the base system does worse are left out."""
    ungraded: Literal["skip", "keep"] = "skip"
    """Degraded rows without `base_wer`; kept, they count as the hardest."""


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
    """A checkpoint at which one of these has risen by more over the untrained model is not chosen."""


class Phase(Spec):
    """Which parts learn from which rows, and how fast."""

    name: Identifier
    learning_rates: Annotated[Mapping[PartName, Rate], Field(min_length=1)]
    """By part; parts that are not named stay as they are. `llm` is another name of `decoder`."""
    curriculum: Annotated[tuple[Rate, ...], Field(min_length=1)] | None = None
    """Rising limits of `base_wer`: a stage for each, on all rows below it."""
    rows: Count | None = None
    """So many degraded rows, the same in every stage and every variant; `None`: all."""
    epochs: Rate = 1.0
    """How often each stage sees its rows."""
    warmup_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """Of each stage's steps."""

    @model_validator(mode="after")
    def _rising(self) -> "Phase":
        limits = self.curriculum or ()
        if list(limits) != sorted(set(limits)):
            raise ValueError(f"curriculum: found {list(limits)}, expected rising limits such as [0.3, 0.5]")
        return self


class Batch(Spec):
    """How many rows a step learns from."""

    size: Count = 128
    """Rows a step, over all devices."""
    per_device: Count = 8
    """Rows at once on one device; the rest of a step is accumulated."""
    by_length: bool = True
    """Rows of like length together: less padding."""


class Optimizer(Spec):
    """AdamW."""

    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    max_grad_norm: Rate = 1.0
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """After the warm-up, in each stage."""


Variant = Literal["a2s", "no-curriculum", "llm-first", "joint", "plain"]


class SftRecipe(Recipe):
    """Supervised training in phases."""

    step: Literal["sft"]
    model: Model
    modules: Annotated[Mapping[PartName, Module], Field(min_length=1)] | None = None
    """The parts of a model of a family that has none of its own here."""
    lora: Lora | None = Lora()
    """`null`: the parts' own weights are trained."""
    start: SuitePath | None = None
    """An adapter of the same layers, rank and alpha that training goes on from."""
    train: Rows
    validation: Validation | None = None
    limits: Limits = Limits()
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    variant: Variant = "a2s"
    """How the phases are taken, for comparisons: see `variants`."""
    distillation: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The weight, in the loss, of how far the answer is from what the untrained model says of the clip before
    it was degraded; the transcript has the rest."""
    batch: Batch = Batch()
    optimizer: Optimizer = Optimizer()
    gradient_checkpointing: bool = False
    checkpoint_every: Count = 200
    """Steps from one checkpoint, and one look at the validation rows, to the next."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that read audio ahead of the training."""
    trackers: tuple[Literal["tensorboard", "wandb"], ...] = ()
    """Who is told of the losses too."""

    @model_validator(mode="after")
    def _phases_apart(self) -> "SftRecipe":
        names = [phase.name for phase in self.phases]
        if len(set(names)) < len(names):
            raise ValueError(f"phases: found the names {', '.join(names)}, expected each once")
        return self

    @model_validator(mode="after")
    def _has_an_untrained_model(self) -> "SftRecipe":
        if self.distillation and self.lora is None:
            raise ValueError(
                f"distillation: found {self.distillation:g} and no adapter, expected `lora`: without it the "
                "untrained model is not there to ask"
            )
        if self.start and self.lora is None:
            raise ValueError("start: found an adapter and `lora: null`, expected `lora` as it was made with")
        return self
