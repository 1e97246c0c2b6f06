"""What a recipe for `asrdiag train router` can say."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from asrdiag.routing.config import RouterConfig
from asrdiag.simulation.noise_choice import NoiseChoice
from asrdiag.simulation.room_responses import RoomFolder
from asrdiag.simulation.scenario_spec import ScenarioSet
from asrdiag.simulation.severity import MappingName
from asrdiag.spec import Identifier, Spec, SuitePath

from ..recipe import Recipe

Whole = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Range = tuple[float, float]


class Source(Spec):
    """Clips for one side of the question: training rows, or a manifest."""

    rows: SuitePath | None = None
    """Rows as `asrdiag train data` writes them, JSONL or Parquet; they say what was done to each clip."""
    manifest: SuitePath | None = None
    """A manifest as suites take it; `asrdiag simulate` writes one in which every clip is degraded."""
    label: Literal["clean", "degraded"] | None = None
    """Of clips that do not say; it may not contradict those that do."""
    simulate: bool = False
    """Every clean clip comes a second time, degraded as `simulation` says, anew in each pass."""
    limit: Whole | None = None
    """Only the first so many clips."""
    language: Annotated[str, Field(min_length=1)] = "en"
    """Of a manifest's clips that name none."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.rows is None) == (self.manifest is None):
            raise ValueError("expected exactly one of `rows` and `manifest`")
        if self.simulate and self.label == "degraded":
            raise ValueError("found `simulate` of clips labelled degraded; only clean ones can be degraded")
        return self


Sources = Annotated[tuple[Source, ...], Field(min_length=1)]


class Simulation(Spec):
    """How clean clips are degraded while the router is trained; the words are those of `asrdiag simulate`."""

    scenarios: ScenarioSet = Field(default="all", validate_default=True)
    mapping: MappingName = "linear"
    mix: Literal["single", "release", "uniform"] = "uniform"
    noise: tuple[NoiseChoice, ...] = ()
    """Drawn evenly; none given: pink noise."""
    room: RoomFolder | None = None


class Training(Spec):
    """The published settings where there are any: see `docs/router.md`."""

    epochs: Positive = 10.0
    """Passes over the training clips. Half of each batch is clean: the smaller side is heard more often."""
    batch_size: Annotated[int, Field(ge=2, multiple_of=2)] = 32
    learning_rate: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.1
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    clip_norm: Positive = 1.0
    gain_db: Range = (-10.0, 6.0)
    """Drawn for every clip that is heard in training."""
    noise_snr_db: Range = (40.0, 60.0)
    """White noise so far below the clip, added to every second one."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """`auto`: bfloat16 on a GPU that has it, else float32. Spectra are float32 in any case."""
    max_duration_s: Annotated[float, Field(gt=0, le=30)] = 30.0
    """Longer clips are refused."""
    evaluations: Whole = 10
    """How often validation is heard, evenly spread."""
    save_every: Whole = 100
    """Steps between two saves, from which an interrupted training goes on."""
    select_by: Literal["auc", "accuracy"] = "auc"
    """What the best step is chosen by; the smaller validation loss decides between equals."""
    max_refused_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The command ends with status 1 if a larger share of the clips could not be heard."""
    workers: Annotated[int, Field(ge=0)] | None = None
    """Processes that read audio ahead; `None`: none on the CPU, four beside a GPU."""

    @field_validator("gain_db", "noise_snr_db")
    @classmethod
    def _in_order(cls, value: Range) -> Range:
        if value[0] > value[1]:
            raise ValueError(f"found {list(value)}, expected the smaller number first")
        return value


class Sweep(Spec):
    """What routing would have made of answers that are there: the base system's and the adapted one's."""

    runs: Annotated[tuple[SuitePath, ...], Field(min_length=1)]
    """Run directories in which both systems answered the same clips."""
    base: Identifier
    adapted: Identifier
    routed: Identifier | None = None
    """A system with a router, whose records say p(degraded); `None`: the router hears the clips again."""
    thresholds: Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=1)] = tuple(
        round(0.05 * step, 2) for step in range(1, 20)
    )


class RouterRecipe(Recipe):
    """Train a router, or take one that is there; then hear test sets, and sweep its threshold."""

    step: Literal["router"]
    model: RouterConfig = RouterConfig()
    train: Sources | None = None
    validation: Sources | None = None
    simulation: Simulation = Simulation()
    training: Training = Training()
    router: SuitePath | None = None
    """An existing router's folder, in place of training."""
    tests: Mapping[Identifier, Sources] = {}
    sweep: Sweep | None = None

    @model_validator(mode="after")
    def _something_to_do(self) -> Self:
        if self.router is not None:
            if self.train or self.validation:
                raise ValueError("found `router` and `train`: an existing router is not trained; drop one")
            if not self.tests and self.sweep is None:
                raise ValueError("found `router` alone; expected `tests` or `sweep` to use it on")
        elif not (self.train and self.validation):
            raise ValueError("expected `train` and `validation`, or `router` with one that is there")
        if self.model.batch_norm:
            raise ValueError(
                "found model.batch_norm: in training it would count the padding of each batch; it is for "
                "routers that were trained elsewhere"
            )
        return self
