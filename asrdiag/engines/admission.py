"""What the embedded engines refuse: languages they do not know and devices they cannot use."""

import re
from collections.abc import Sequence

from ..errors import SampleError
from ..metrics import primary_language
from .base import Clip


def require_known_clip(clip: Clip, *, system: str, languages: Sequence[str], sample_rate_hz: int) -> None:
    """Refuse a clip that the system can only answer with nonsense.

    Args:
        system: the id that the message names.
        languages: primary subtags; `en` admits `en-GB` and `en_us` too.

    Raises:
        SampleError: another language. A wrong answer would count against the system as a recognition error;
            this is a fault of the suite, so the sample is recorded as one without an answer.
        ValueError: the clip has another sample rate than the engine asked for.
    """
    if primary_language(clip.language) not in languages:
        raise SampleError(
            f"{clip.sample_id}: found the language {clip.language!r}; {system} knows: {', '.join(languages)}"
        )
    if clip.sample_rate_hz != sample_rate_hz:
        raise ValueError(
            f"{clip.sample_id}: found {clip.sample_rate_hz} Hz, expected {sample_rate_hz} Hz for {system}"
        )


def cuda_index(device: str) -> int | None:
    """The number of a CUDA device, 0 for `cuda` alone; `None` for every other name.

    >>> cuda_index("cuda:1"), cuda_index("cuda"), cuda_index("cpu")
    (1, 0, None)
    """
    match = re.fullmatch(r"cuda(?::(\d+))?", device)
    return int(match[1] or 0) if match else None


def unusable_device(device: str, *, system: str, usable: Sequence[str], hint: str = "") -> str:
    """The message for a device that the system cannot use; it lists those it can."""
    return f"{system} cannot use the device {device!r}; it can use: {', '.join(usable)}{hint}"
