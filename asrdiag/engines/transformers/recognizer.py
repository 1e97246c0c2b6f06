"""Clips through a loaded model: gated, cut, grouped into batches, joined again."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ...errors import SampleError, UsageError
from ...metrics import spoken_languages
from ...spec import Json
from ..base import Clip, Failed, Transcript
from ..chunks import split_at_pauses
from ..silence import gated, is_silent
from .checkpoint_spec import CUT_WINDOW_S, CheckpointSpec
from .families.base import RATE_HZ, Answer, Piece
from .routing import Route, Routing

SHORTEST_S = 0.1
"""Shorter pieces are filled up with zeros: convolutions and normalisations need some frames."""
WITHOUT_SPACES = frozenset({"zh", "yue", "ja", "th", "lo", "km", "my"})


@dataclass(slots=True)
class _Cut:
    """A clip on its way: the audible pieces of it, with the places where they begin."""

    clip: Clip
    n_chunks: int = 0
    pieces: list[Piece] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    route: Route | None = None


class Model(Protocol):
    """What is asked of a loaded model: a `Family`, or the same model behind another engine."""

    def check(self, piece: Piece) -> None:
        """Make sure that the model can take the piece.

        Raises:
            SampleError: it cannot.
        """
        ...

    def batch_key(self, piece: Piece) -> Hashable | None:
        """Only pieces with equal keys share a batch; `None` is decoded alone."""
        ...

    def transcribe(self, pieces: Sequence[Piece]) -> list[Answer]:
        """Answers in order, for pieces with the same `batch_key`."""
        ...


class TransformersRecognizer:
    """Transcribes batches with one loaded model."""

    def __init__(self, family: Model, spec: CheckpointSpec, routing: Routing | None = None) -> None:
        self._family, self._spec, self._routing = family, spec, routing
        self._longest_s = spec.longest_s(spec.facts())

    def warm_up(self) -> None:
        """Transcribe a second of noise.

        Raises:
            UsageError: the system names a language that the model does not know.
        """
        spec = self._spec
        prompt = next(iter(spec.prompt.values())) if isinstance(spec.prompt, Mapping) else spec.prompt
        noise = np.random.default_rng(0).normal(0, 0.01, RATE_HZ).astype(np.float32)
        piece = Piece("warm-up", noise, spec.language_of("en"), prompt)
        try:
            self._family.check(piece)
        except SampleError as error:
            if spec.language == "from_clip":
                return  # a model that knows no English; its clips will be in what it knows
            raise UsageError(f"system {spec.id!r}: `language`: {error}") from error
        if self._routing is not None:
            self._routing.routes([noise])
        for adapted in (True,) if self._routing is None else (True, False):
            self._decode([replace(piece, adapted=adapted)], most=1)

    def transcribe(self, clips: Sequence[Clip]) -> list[Transcript | Failed]:
        """One transcript a clip, in order; `Failed` where the model or its prompts do not know the language.

        Details: `n_tokens`, `n_chunks`; where they apply `truncated`, `n_gated_chunks`, `gated` and
        `peak_dbfs` (as for the embedded engines), `language` (what the model took it for), `raw` (the output
        before it was parsed), `mean_logprob` (natural logarithm, over the tokens), `n_windows` (of Whisper's
        long-form), `words` (lists of text, start and end in seconds), `route` and `p_degraded` (of a system
        with a router).
        """
        answers: dict[int, Transcript | Failed] = {}
        cuts: dict[int, _Cut] = {}
        for number, clip in enumerate(clips):
            if not np.isfinite(clip.samples).all():
                answers[number] = Failed(SampleError(f"{clip.sample_id}: found NaN or infinity in the audio"))
                continue
            if silent := gated(clip.samples):
                answers[number] = silent
                continue
            try:
                cuts[number] = self._cut(clip)
            except SampleError as error:
                answers[number] = Failed(SampleError(f"{clip.sample_id}: {error}"))
        self._route(cuts.values())
        pieces = [piece for cut in cuts.values() for piece in cut.pieces]
        heard = dict(zip(map(id, pieces), self._decode(pieces, most=len(clips)), strict=True))
        for number, cut in cuts.items():
            answers[number] = _joined(cut, [heard[id(piece)] for piece in cut.pieces])
        return [answers[number] for number in range(len(clips))]

    def _route(self, cuts: Collection[_Cut]) -> None:
        """Have each clip's pieces say which weights they are for."""
        if self._routing is None:
            return
        routes = self._routing.routes([cut.clip.samples for cut in cuts])
        for cut, route in zip(cuts, routes, strict=True):
            cut.route = route
            cut.pieces = [replace(piece, adapted=route.adapted) for piece in cut.pieces]

    def _cut(self, clip: Clip) -> _Cut:
        prompt = self._spec.prompt_of(clip.language)
        language = self._spec.language_of(clip.language)
        chunks = [clip.samples]
        if self._longest_s is not None:
            chunks = split_at_pauses(
                clip.samples, clip.sample_rate_hz, longest_s=self._longest_s, window_s=CUT_WINDOW_S
            )
        cut = _Cut(clip, len(chunks))
        begin = 0
        for number, chunk in enumerate(chunks):
            if not is_silent(chunk):
                key = f"{clip.sample_id}\0{number}"
                piece = Piece(key, _long_enough(chunk), language, prompt)
                self._family.check(piece)
                cut.pieces.append(piece)
                cut.starts_s.append(begin / clip.sample_rate_hz)
            begin += len(chunk)
        return cut

    def _decode(self, pieces: Sequence[Piece], most: int) -> list[Answer]:
        """Answers in order; at most as many pieces at once as the runner gave clips, longest first.

        A long clip has many pieces, and the runner chose the batch for what the device can hold.
        """
        groups: dict[tuple[bool, str, Hashable], list[int]] = {}
        for index, piece in enumerate(pieces):
            key = self._family.batch_key(piece)
            kind, of = ("alone", index) if key is None else ("together", key)
            adapted = piece.adapted and self._routing is not None and self._routing.switches
            groups.setdefault((adapted, kind, of), []).append(index)
        answers: dict[int, Answer] = {}
        # First all that is for the base: the weights are switched once, however many groups there are.
        for (adapted, *_), group in sorted(groups.items(), key=lambda item: item[0][0]):
            if self._routing is not None:
                self._routing.use(adapted)
            group.sort(key=lambda index: -len(pieces[index].samples))
            for start in range(0, len(group), most):
                batch = group[start : start + most]
                found = self._family.transcribe([pieces[index] for index in batch])
                answers.update(zip(batch, found, strict=True))
        return [answers[index] for index in range(len(pieces))]


def _long_enough(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lacking = round(SHORTEST_S * RATE_HZ) - len(samples)
    return np.pad(samples, (0, lacking)) if lacking > 0 else samples


def _joined(cut: _Cut, answers: Sequence[Answer]) -> Transcript:
    details: dict[str, Json] = {
        "n_tokens": sum(answer.n_tokens for answer in answers),
        "n_chunks": cut.n_chunks,
    }
    if cut.route is not None:
        details |= cut.route.details()
    if len(answers) < cut.n_chunks:
        details["n_gated_chunks"] = cut.n_chunks - len(answers)
    if any(answer.truncated for answer in answers):
        details["truncated"] = True
    if (windows := sum(answer.n_windows for answer in answers)) > len(answers):
        details["n_windows"] = windows
    if languages := list(dict.fromkeys(answer.language for answer in answers if answer.language)):
        details["language"] = languages[0] if len(languages) == 1 else languages
    if any(answer.raw is not None for answer in answers):
        raw = [answer.text if answer.raw is None else answer.raw for answer in answers]
        details["raw"] = raw[0] if len(raw) == 1 else raw
    weighted = [(answer.mean_logprob, answer.n_tokens + 1) for answer in answers]
    known = [(value, weight) for value, weight in weighted if value is not None]
    if known and len(known) == len(answers):
        total = sum(weight for _, weight in known)
        details["mean_logprob"] = round(sum(value * weight for value, weight in known) / total, 4)
    if any(answer.words is not None for answer in answers):
        details["words"] = [
            [word.text, round(start + word.start_s, 3), round(start + word.end_s, 3)]
            for start, answer in zip(cut.starts_s, answers, strict=True)
            for word in answer.words or ()
        ]
    space = "" if spoken_languages(cut.clip.language)[0] in WITHOUT_SPACES else " "
    return Transcript(space.join(filter(None, (answer.text for answer in answers))), details)
