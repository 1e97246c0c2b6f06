"""A recipe for `asrdiag train sft`: one pydantic model is the check and the reference."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from asrdiag.spec import Identifier, Spec, SuitePath

from ..learning.model_recipe import Count, Curve, LearningRates, Lora, ModelRecipe, Rate


class Rows(Spec):
    """The rows that are trained on."""

    rows: SuitePath
    clean_share: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Of clips that nothing was done to, among those trained on; `None`: as many as there are."""
    max_base_wer: Rate = 0.7
    """Degraded rows on which the base system does worse are left out."""
    ungraded: Literal["skip", "keep"] = "skip"
    """Degraded rows without `base_wer`; kept, they count as the hardest."""


class Phase(Spec):
    """Which parts learn from which rows, and how fast."""

    name: Identifier
    learning_rates: LearningRates
    curriculum: Annotated[tuple[Rate, ...], Field(min_length=1)] | None = None
    """Rising limits of `base_wer`: a stage for each, on all rows below it."""
    rows: Count | None = None
    """So many degraded rows, the same in every stage and every variant; `None`: all."""
    epochs: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
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
    schedule: Curve = "cosine"
    """After the warm-up, in each stage."""


Variant = Literal["a2s", "no-curriculum", "llm-first", "joint", "plain"]


class SftRecipe(ModelRecipe):
    """Supervised training in phases."""

    step: Literal["sft"]
    lora: Lora | None = Lora()
    """`null`: the parts' own weights are trained."""
    train: Rows
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
