"""From the columns of a dataset, as TRL and ms-swift hand them over, to scored rows."""

from collections.abc import Callable, Mapping, Sequence, Sized
from types import MappingProxyType
from typing import TypeGuard

import numpy as np

from .base import Term
from .dgwgpo import DGWGPOReward
from .extraction import texts, transcript
from .measured import Values

REFERENCE_COLUMNS = ("reference", "solution")
"""Where the reference is looked for, in this order."""

LANGUAGE_COLUMN = "language"

TAGS: Mapping[str, str] = MappingProxyType(
    {
        "arabic": "ar",
        "cantonese": "yue",
        "chinese": "zh",
        "czech": "cs",
        "danish": "da",
        "dutch": "nl",
        "english": "en",
        "filipino": "fil",
        "finnish": "fi",
        "french": "fr",
        "german": "de",
        "greek": "el",
        "hindi": "hi",
        "hungarian": "hu",
        "indonesian": "id",
        "italian": "it",
        "japanese": "ja",
        "korean": "ko",
        "macedonian": "mk",
        "malay": "ms",
        "persian": "fa",
        "polish": "pl",
        "portuguese": "pt",
        "romanian": "ro",
        "russian": "ru",
        "spanish": "es",
        "swedish": "sv",
        "thai": "th",
        "turkish": "tr",
        "vietnamese": "vi",
    }
)
"""Language tags by the names that Qwen3-ASR writes, in lower case: its datasets name languages so."""


class ColumnReward:
    """A reward, and where in a batch the texts are that it scores.

    Args:
        reward: what scores; without it, `DGWGPOReward()`.
        reference_column: the column of the references; without it, `reference` or else `solution`.
        language_column: the column of language tags, or of names as Qwen3-ASR writes them. It may be missing,
            and so may values in it: then the reward's own language holds.
        extract: takes the text to score out of a completion. `raw_text` keeps tags and special tokens, for
            `FormatReward`.
    """

    def __init__(
        self,
        reward: Term | None = None,
        *,
        reference_column: str | None = None,
        language_column: str = LANGUAGE_COLUMN,
        extract: Callable[[object], str] = transcript,
    ) -> None:
        self.reward: Term = DGWGPOReward() if reward is None else reward
        self.reference_column = reference_column
        self.language_column = language_column
        self.extract = extract

    def components(self, completions: Sequence[object], columns: Mapping[str, object]) -> dict[str, Values]:
        """Return the reward of each completion and its components, NaN where its row has no reference.

        Raises:
            ValueError: There is no column of references (the message names those there are), a column has
                another length, or a language is no tag.
        """
        return score_rows(
            self.reward,
            [self.extract(completion) for completion in completions],
            self.references(completions, columns),
            _column(columns, self.language_column, len(completions)),
        )

    def references(self, completions: Sequence[object], columns: Mapping[str, object]) -> Sequence[object]:
        """Return the column of the references.

        Raises:
            ValueError: There is none; the message names the columns there are.
        """
        names = REFERENCE_COLUMNS if self.reference_column is None else (self.reference_column,)
        for name in names:
            found = _column(columns, name, len(completions))
            if found is not None:
                return found
        raise ValueError(
            f"no column {' or '.join(map(repr, names))} with the references; "
            f"found {', '.join(sorted(name for name in columns if _is_list(columns[name]))) or 'no column'}. "
            "Name yours with reference_column"
        )


def _column(columns: Mapping[str, object], name: str, expected: int) -> Sequence[object] | None:
    values = columns.get(name)
    if values is None:
        return None
    if not _is_list(values):
        raise ValueError(f"column {name!r} is {values!r:.80}, expected a list of {expected} values")
    if len(values) != expected:
        raise ValueError(f"column {name!r} has {len(values)} values for {expected} completions")
    return values


def _is_list(values: object) -> TypeGuard[Sequence[object]]:
    return (
        isinstance(values, Sized) and hasattr(values, "__getitem__") and not isinstance(values, str | Mapping)
    )


def score_rows(
    reward: Term, hypotheses: Sequence[str], references: Sequence[object], languages: Sequence[object] | None
) -> dict[str, Values]:
    """Score rows some of which may lack a reference or a language.

    A reference is taken out of its value as a transcript out of a model's output, since datasets write it in
    the form that a model is to write. A value without text, such as `None` or NaN, is no reference.

    Returns:
        `reward` and the reward's other components, NaN in the rows without a reference.
    """
    expected = [transcript(value) if texts(value) else None for value in references]
    tags = [language_tag(value) for value in languages] if languages is not None else [None] * len(expected)
    rows = [
        (index, hypothesis, reference, tag)
        for index, (hypothesis, reference, tag) in enumerate(zip(hypotheses, expected, tags, strict=True))
        if reference is not None
    ]
    found = {"reward": np.full(len(expected), np.nan)}
    # The reward's own language is its own affair: those of a `WeightedReward` may differ.
    for named in (False, True):
        chosen = [row for row in rows if (row[3] is not None) == named]
        if not chosen:
            continue
        parts = reward.components(
            hypotheses=[row[1] for row in chosen],
            references=[row[2] for row in chosen],
            languages=[row[3] or "" for row in chosen] if named else None,
        )
        for name, values in parts.items():
            found.setdefault(name, np.full(len(expected), np.nan))[[row[0] for row in chosen]] = values
    return found


def language_tag(value: object) -> str | None:
    """A language tag; names that Qwen3-ASR writes are put into tags, and what is no text is no language.

    >>> language_tag("Cantonese"), language_tag("zh-CN"), language_tag(None)
    ('yue', 'zh-CN', None)
    """
    if not isinstance(value, str) or not value.strip():
        return None
    return TAGS.get(value.strip().lower(), value.strip())


def to_list(rewards: Values) -> list[float | None]:
    """As Python numbers, with `None` for NaN: a trainer's word for a rollout that is not scored."""
    return [None if np.isnan(value) else float(value) for value in rewards]
