"""From two texts to numbers: normalise, split, align and count."""

from collections.abc import Iterable
from dataclasses import dataclass

from .alignment import Alignment, align
from .counts import Counts
from .normalizers import get_normalizer
from .repetition import Loop, find_repetition_loop
from .units import Unit, tokenize, unit_for


@dataclass(frozen=True, slots=True)
class UtteranceScore:
    """One utterance scored; `hypothesis_tokens`, `alignment` and `counts` are `None` if it has no answer.

    `loop` is the repetition loop found in the hypothesis, `None` if there is none.
    """

    reference_tokens: tuple[str, ...]
    hypothesis_tokens: tuple[str, ...] | None
    alignment: Alignment | None
    counts: Counts | None
    loop: Loop | None
    unit: Unit
    normalizer: str

    @property
    def answered(self) -> bool:
        """Whether there is a hypothesis at all; the empty text is one."""
        return self.counts is not None

    @property
    def empty(self) -> bool:
        """Whether the system answered with nothing although the reference has tokens."""
        return self.hypothesis_tokens == () and self.reference_tokens != ()

    @property
    def repetition_loop(self) -> bool:
        """Whether the hypothesis is caught in a loop that the reference does not explain."""
        return self.loop is not None

    @property
    def error_rate(self) -> float | None:
        """Errors per reference token; `None` without an answer and over an empty reference."""
        return self.counts.error_rate if self.counts is not None else None


@dataclass(frozen=True, slots=True)
class Score:
    """Utterances scored together; `counts` is the sum over those that have an answer."""

    utterances: tuple[UtteranceScore, ...]
    counts: Counts
    normalizer: str

    @property
    def unit(self) -> Unit:
        """What was counted: `word` or `character`."""
        return self.counts.unit

    @property
    def error_rate(self) -> float | None:
        """The pooled error rate: all errors over all reference tokens; `None` over no tokens."""
        return self.counts.error_rate

    @property
    def wer(self) -> float | None:
        """The pooled word error rate; `None` where characters were counted."""
        return self.error_rate if self.unit == "word" else None

    @property
    def cer(self) -> float | None:
        """The pooled character error rate; `None` where words were counted."""
        return self.error_rate if self.unit == "character" else None

    @property
    def n_utterances(self) -> int:
        """All utterances, answered or not."""
        return len(self.utterances)

    @property
    def n_scored(self) -> int:
        """Utterances with an answer: those that `counts` covers."""
        return sum(utterance.answered for utterance in self.utterances)

    @property
    def n_unanswered(self) -> int:
        """Utterances without an answer: they are in no rate."""
        return self.n_utterances - self.n_scored

    @property
    def n_empty_reference(self) -> int:
        """Utterances, answered or not, whose normalised reference holds no token."""
        return sum(not utterance.reference_tokens for utterance in self.utterances)

    @property
    def n_empty(self) -> int:
        """Utterances answered with nothing although the reference has tokens."""
        return sum(utterance.empty for utterance in self.utterances)

    @property
    def n_repetition_loops(self) -> int:
        """Utterances whose hypothesis is caught in a loop."""
        return sum(utterance.repetition_loop for utterance in self.utterances)

    @property
    def empty_rate(self) -> float | None:
        """Share of the scored utterances answered with nothing although the reference has tokens."""
        return self.n_empty / self.n_scored if self.n_scored else None

    @property
    def repetition_rate(self) -> float | None:
        """Share of the scored utterances whose hypothesis is caught in a loop."""
        return self.n_repetition_loops / self.n_scored if self.n_scored else None


def score_utterance(
    reference: str,
    hypothesis: str | None,
    *,
    unit: Unit = "word",
    normalizer: str = "whisper-english@1",
) -> UtteranceScore:
    """Score one hypothesis against its reference.

    Both texts are normalised alike. `None` as hypothesis means that the system gave no answer: it is not
    scored as the empty text, and the record says so. Over an empty reference every token of the hypothesis
    is an insertion and the error rate is `None`.

    Raises:
        TypeError: A text is not a string.
        ValueError: `normalizer` or `unit` is unknown.

    >>> score_utterance("Let's go.", "let us go").error_rate
    0.0
    """
    _require_text(reference, "reference")
    if hypothesis is not None:
        _require_text(hypothesis, "hypothesis")
    normalize = get_normalizer(normalizer)
    reference_tokens = tokenize(normalize(reference), unit)
    if hypothesis is None:
        return UtteranceScore(reference_tokens, None, None, None, None, unit, normalizer)
    hypothesis_tokens = tokenize(normalize(hypothesis), unit)
    alignment = align(reference_tokens, hypothesis_tokens, unit=unit)
    return UtteranceScore(
        reference_tokens=reference_tokens,
        hypothesis_tokens=hypothesis_tokens,
        alignment=alignment,
        counts=alignment.counts,
        loop=find_repetition_loop(reference_tokens, hypothesis_tokens),
        unit=unit,
        normalizer=normalizer,
    )


def score(
    references: str | Iterable[str],
    hypotheses: str | Iterable[str | None] | None,
    *,
    language: str | Iterable[str] = "en",
    normalizer: str = "whisper-english@1",
) -> Score:
    """Score hypotheses against references: one pair of texts, or two sequences of the same length.

    The rate is pooled: all errors over all reference tokens, not the mean of the utterances' rates. `None`
    as a hypothesis means that the system gave no answer; the utterance is kept and counted in
    `n_unanswered`, and is in no rate. `language` decides the unit (Chinese by character, others by word)
    and is one tag or one tag per utterance. It does not choose the normaliser: give `basic@1` for text that
    is not English.

    Raises:
        TypeError: A text is not a string; the message names its index.
        ValueError: The lengths differ, the languages mix words and characters, or `language` or
            `normalizer` is unknown.

    >>> result = score(["the cat sat on the mat", "hello"], ["the cap sat on mat", None])
    >>> round(result.wer, 4), result.n_scored, result.n_unanswered
    (0.3333, 1, 1)
    >>> score("你好吗", "你好", language="zh", normalizer="basic@1").cer
    0.3333333333333333
    """
    if isinstance(references, str) != (hypotheses is None or isinstance(hypotheses, str)):
        raise TypeError("references and hypotheses must be two texts or two sequences of texts")
    reference_texts = [references] if isinstance(references, str) else list(references)
    hypothesis_texts = [hypotheses] if hypotheses is None or isinstance(hypotheses, str) else list(hypotheses)
    if len(reference_texts) != len(hypothesis_texts):
        raise ValueError(f"{len(reference_texts)} references but {len(hypothesis_texts)} hypotheses")
    for index, (reference, hypothesis) in enumerate(zip(reference_texts, hypothesis_texts, strict=True)):
        _require_text(reference, f"references[{index}]")
        if hypothesis is not None:
            _require_text(hypothesis, f"hypotheses[{index}]")
    unit = _common_unit(language, len(reference_texts))
    get_normalizer(normalizer)  # an unknown name is an error even where there is nothing to score

    utterances = tuple(
        score_utterance(reference, hypothesis, unit=unit, normalizer=normalizer)
        for reference, hypothesis in zip(reference_texts, hypothesis_texts, strict=True)
    )
    counts = sum((each.counts for each in utterances if each.counts is not None), Counts(unit=unit))
    return Score(utterances, counts, normalizer)


def _require_text(value: object, where: str) -> None:
    if not isinstance(value, str):
        hint = " (None means no answer)" if where.startswith("hypothes") else ""
        raise TypeError(f"{where} is {value!r} ({type(value).__name__}), expected a string{hint}")


def _common_unit(language: str | Iterable[str], n_utterances: int) -> Unit:
    if isinstance(language, str):
        return unit_for(language)
    languages = list(language)
    if len(languages) != n_utterances:
        raise ValueError(f"{n_utterances} references but {len(languages)} languages")
    by_unit = {unit_for(tag): tag for tag in languages}
    if len(by_unit) > 1:
        raise ValueError(
            f"{by_unit['word']!r} is scored by word and {by_unit['character']!r} by character: "
            "word and character error rates do not mix, score the languages apart"
        )
    return next(iter(by_unit), "word")
