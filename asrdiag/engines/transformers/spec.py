"""The `transformers` engine as a suite names it."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ...errors import UsageError
from ...spec import Json
from ..base import Package
from ..devices import cuda_index, each_cuda, unusable_device
from .checkpoint_spec import OLDEST_TRANSFORMERS, CheckpointSpec
from .families import FAMILIES, FamilyFacts

if TYPE_CHECKING:
    from .recognizer import TransformersRecognizer

PEFT = Package("peft", "peft", "adapter, granite-speech", at_least="0.19.1")
ACCELERATE = Package("accelerate", "accelerate", "device_map", at_least="1.10")
OF_FAMILIES = tuple(
    Package(package.partition("[")[0], module, family.name)
    for family in FAMILIES
    for module, package in family.needs.items()
    if module != PEFT.module
)


class TransformersSpec(CheckpointSpec):
    """Any of a dozen families of models that Hugging Face transformers loads, from the hub or a folder."""

    default_batch_size: ClassVar[int] = 16
    default_batch_seconds: ClassVar[float | None] = 480.0

    requires: ClassVar[tuple[Package, ...]] = (
        Package("torch", "torch", at_least="2.6"),
        Package("transformers", "transformers", at_least=OLDEST_TRANSFORMERS),
        ACCELERATE,
        PEFT,
        *OF_FAMILIES,
    )
    install: ClassVar[str] = "pip install 'asrdiag[transformers]'"

    engine: Literal["transformers"]
    attention: Literal["eager", "sdpa", "flash_attention_2"] | None = None
    """`None` is what transformers chooses."""
    device_map: Literal["auto"] | None = None
    """`auto` spreads the model over all GPUs."""
    beams: Annotated[int, Field(ge=1)] = 1
    timestamps: Literal["none", "words"] = "none"

    @model_validator(mode="after")
    def _one_search(self) -> "TransformersSpec":
        if self.beams > 1 and self.temperature > 0:
            raise ValueError(
                "beams with a temperature above 0: a beam search draws nothing; drop one of them"
            )
        return self

    def facts(self) -> FamilyFacts:
        """The family, once it is certain that it takes this system's keys.

        Raises:
            UsageError: no family takes the model, or its family cannot do what a key asks for.
        """
        family = super().facts()
        if self.timestamps == "words" and not family.words:
            raise UsageError(
                f"system {self.id!r}: models of the family {family.name} do not say when a word was spoken"
            )
        generation = (self.beams, self.temperature, self.max_new_tokens)
        if not family.generates and generation != (1, 0.0, None):
            raise UsageError(
                f"system {self.id!r}: models of the family {family.name} are decoded frame by frame; "
                "beams, temperature and max_new_tokens mean nothing to them"
            )
        return family

    def identity(self) -> dict[str, Json]:
        """As `CheckpointSpec.identity`, with the kind of attention. The device map is left out."""
        return {**super().identity(), "attention": self.attention}

    def decoding(self, family: FamilyFacts) -> dict[str, Json]:
        found = {**super().decoding(family), "timestamps": self.timestamps}
        return found | ({"strategy": "beams", "beams": self.beams} if self.beams > 1 else {})

    def unavailable(self) -> str | None:
        for key, package in (("adapter", PEFT), ("device_map", ACCELERATE)):
            if getattr(self, key) is not None and (reason := package.missing()):
                return f"{reason}: {self.install}"
        return super().unavailable()

    def refuses(self, device: str) -> str | None:
        if self.device_map is not None and device != "cuda":
            hint = "; `device_map: auto` takes all GPUs"
            return unusable_device(device, system=self.id, usable=["cuda"], hint=hint)
        if device == "cpu":
            return None
        # Imported here: listing and validating need not wait seconds for it.
        import torch

        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = cuda_index(device)
        usable = ["cpu", *(["cuda"] if count else []), *(f"cuda:{number}" for number in range(count))]
        if not count:
            hint = "; torch finds no CUDA device" + ("" if torch.version.cuda else " (this is its CPU build)")
            return unusable_device(device, system=self.id, usable=usable, hint=hint)
        if index is None or index >= count:
            return unusable_device(device, system=self.id, usable=usable)
        return None

    def devices(self, device: str) -> tuple[str, ...]:
        if device != "cuda" or self.device_map is not None:
            return (device,)
        import torch

        return each_cuda(device, torch.cuda.device_count())

    def refuses_lent_gpus(self) -> str | None:
        if self.device_map is None:
            return None
        return (
            f"system {self.id!r}: `device_map: auto` takes all GPUs of a machine, and Ray lends each process "
            "one; leave the key out, or run it without --executor ray"
        )

    def open(self, device: str) -> "TransformersRecognizer":
        """Load the model and transcribe a second of noise, so that the first clip is as fast as the rest.

        Raises:
            UsageError: torch cannot use `device`, the checkpoint or the adapter cannot be loaded, or a
                package is missing that its processor needs.
        """
        if reason := self.unavailable() or self.refuses(device):
            raise UsageError(reason)
        from .loading import load
        from .recognizer import TransformersRecognizer
        from .routing import open_routing

        family = load(self, device)
        routing = open_routing(self, family.loaded.device, family.model)
        recognizer = TransformersRecognizer(family, self, routing)
        recognizer.warm_up()
        return recognizer
