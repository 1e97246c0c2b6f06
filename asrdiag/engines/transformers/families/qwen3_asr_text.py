"""What Qwen3-ASR writes, taken apart. Needs no torch: other engines run the same model."""

import re
from dataclasses import dataclass

MARKER = "<asr_text>"
_LANGUAGE = re.compile(r"\s*language\s+(\S.*?)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The text, and the language that the model named before it."""

    text: str
    language: str | None


def parse(raw: str) -> Parsed:
    """Take apart `language English<asr_text>the text`: what stands before the first marker is taken off.

    Repetitions stay: the parsers of transformers and qwen-asr collapse what is repeated 20 times or more,
    which would hide the loops that an evaluation is to find.

    Args:
        raw: the decoded output. Where the language was forced, the marker is in the prompt and not here.

    Returns:
        The language is `None` where none is named and for `language None`, which stands for no speech.

    >>> parse("language English<asr_text>no no no")
    Parsed(text='no no no', language='English')
    >>> parse("no marker")
    Parsed(text='no marker', language=None)
    """
    before, marker, after = raw.partition(MARKER)
    if not marker:
        return Parsed(raw.strip(), None)
    named = _LANGUAGE.fullmatch(before)
    language = named[1] if named and named[1].lower() != "none" else None
    return Parsed(after.strip(), language)
