"""What is settled of a piece in the same way by whatever runs the model."""

import hashlib
import math
from collections.abc import Collection

from ...errors import SampleError


def require_known(language: str | None, known: Collection[str] | None, system: str) -> None:
    """Make sure that a model knows the language it is told.

    Args:
        language: the primary tag; `None`: it is told none.
        known: those that it can be told; `None`: it is not told, or takes any.
        system: what the message calls the model.

    Raises:
        SampleError: it does not; the message lists those it knows.
    """
    if known is not None and language is not None and language not in known:
        raise SampleError(f"found the language {language!r}; {system} knows: {', '.join(sorted(known))}")


def most_tokens(asked: int | None, duration_s: float) -> int:
    """The most tokens that a piece may have: as the system says, or 10 a second and 32.

    Speech has some four tokens a second in English and five characters in Mandarin; a model that repeats
    itself reaches the limit, and the transcript is marked as truncated.

    >>> most_tokens(None, 1.5), most_tokens(20, 1.5)
    (47, 20)
    """
    return asked or math.ceil(10 * duration_s) + 32


def most_tokens_of_whisper(asked: int | None, positions: int, prompt_tokens: int) -> int:
    """The most tokens of a window: as the system says, or, as in the original, half of the positions.

    Args:
        asked: what the system says.
        positions: of the decoder; the prompt and a prefix of four tokens take some of them.
        prompt_tokens: those of the text before, its marker included.

    Raises:
        SampleError: the prompt leaves no position.

    >>> most_tokens_of_whisper(None, 448, 0), most_tokens_of_whisper(None, 448, 300)
    (224, 144)
    """
    prefix = 4 + prompt_tokens
    if prefix >= positions:
        raise SampleError(f"found a prompt of {prompt_tokens} tokens; the decoder has {positions} positions")
    return min(asked or positions // 2, positions - prefix)


def seed_for(seed: int, key: str) -> int:
    """A piece's own seed, 63 bits of SHA-256: what is drawn for it does not depend on its place in a batch.

    >>> seed_for(0, "a") == seed_for(0, "a"), seed_for(0, "a") == seed_for(0, "b")
    (True, False)
    >>> 0 <= seed_for(0, "a") < 2**63
    True
    """
    return int.from_bytes(hashlib.sha256(f"{seed}\0{key}".encode()).digest()[:8], "big") >> 1
