"""What a router's `config.json` says: how it hears, how it is built, and how its answer is read."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from ..errors import UsageError
from ..spec import Spec
from ..store.atomic import write_text

CONFIG, WEIGHTS = "config.json", "model.safetensors"
"""The two files of a router's folder."""
SAMPLE_RATE_HZ = 16_000
"""Of the clips that every engine with a router is given."""

Whole = Annotated[int, Field(ge=1)]


class Convolution(Spec):
    """A convolution over time, then GELU; its kernel is odd and padded with zeros on both sides."""

    channels: Whole
    kernel: Whole = 3
    stride: Whole = 1

    @field_validator("kernel")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError(f"found {value}, expected an odd number")
        return value


class RouterConfig(Spec):
    """A router's shape and reading; the defaults are the architecture of arXiv 2605.19833.

    Log-Mel spectrum, convolutions over time, sinusoidal positions, Transformer encoder layers (normalised
    before each half and once at the end, GELU), attention pooling, a linear head with two outputs: clean and
    degraded. The number of convolutions, their kernels, and the place of the normalisations are not
    published; the latter are those of the released router.

    >>> RouterConfig().downsampling, RouterConfig().hidden
    (2, 128)
    """

    model_type: Literal["asrdiag-router"] = "asrdiag-router"
    schema_version: Literal[1] = 1
    sample_rate_hz: int = SAMPLE_RATE_HZ
    n_mels: Whole = 80
    n_fft: Whole = 400
    """Samples of a frame."""
    hop: Whole = 160
    """Samples from one frame to the next."""
    longest_s: Annotated[float, Field(ge=1)] = 30.0
    """Longer clips are heard in windows of equal length, at most this long."""
    convolutions: Annotated[tuple[Convolution, ...], Field(min_length=1)] = (
        Convolution(channels=128, stride=2),
        Convolution(channels=128),
    )
    batch_norm: bool = False
    """Batch normalisation after each convolution, as the released router has it. Ours are trained without."""
    heads: Whole = 4
    feed_forward: Whole = 256
    layers: Whole = 1
    head_hidden: Whole | None = None
    """Width of a hidden layer with GELU in the head; `None`: the head is linear."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """In training."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """By which the logits are divided, fitted on validation audio; it does not move p = 0.5."""
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    """The p(degraded) from which the adapter is on, where a system does not say."""

    @field_validator("sample_rate_hz")
    @classmethod
    def _rate_of_the_engines(cls, value: int) -> int:
        if value != SAMPLE_RATE_HZ:
            raise ValueError(
                f"found {value}, expected {SAMPLE_RATE_HZ}: clips come to the router at that rate, and a "
                "router trained at another would hear other frequencies in its bands"
            )
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.hidden % self.heads or self.hidden % 2:
            raise ValueError(
                f"found {self.hidden} channels of the last convolution and {self.heads} heads; expected an "
                "even number that the heads divide"
            )
        if self.hop > self.n_fft:
            raise ValueError(f"found hop {self.hop} and n_fft {self.n_fft}; expected hop <= n_fft")
        return self

    @property
    def hidden(self) -> int:
        """Width of the encoder: the channels of the last convolution."""
        return self.convolutions[-1].channels

    @property
    def downsampling(self) -> int:
        """Frames of the spectrum to a frame of the encoder."""
        found = 1
        for step in self.convolutions:
            found *= step.stride
        return found

    @property
    def longest_samples(self) -> int:
        """The longest window."""
        return round(self.longest_s * self.sample_rate_hz)

    def write(self, folder: Path) -> None:
        """Write `config.json` into a folder.

        Raises:
            SaveError: it could not be written.
        """
        write_text(folder / CONFIG, self.model_dump_json(indent=2) + "\n")


def read_config(folder: Path) -> RouterConfig:
    """Read and check a router's `config.json`.

    Raises:
        UsageError: there is none, or it is not a router's; the message names every key that is wrong.
    """
    path = folder / CONFIG
    try:
        return RouterConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}); expected a router's folder, with {CONFIG} and "
            f"{WEIGHTS}, as `asrdiag train router` writes it"
        ) from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()[:5]
        )
        raise UsageError(f"{path}: not a router's configuration: {wrong}") from error
