"""Transcripts that somebody else produced: read, joined to the utterances, and scored like any system's."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from ..errors import UsageError
from ..spec import Json
from .base import EngineSpec, Given
from .prediction_paths import Files, known_placeholders, path_for

if TYPE_CHECKING:
    from ..datasets.base import Utterance
    from ..simulation.base import Condition


class PredictionsSpec(EngineSpec):
    """Transcripts that somebody else produced, from JSONL, CSV, TSV, trn, Kaldi or NeMo files."""

    cpu_only: ClassVar[bool] = True
    hears: ClassVar[bool] = False
    default_batch_size: ClassVar[int] = 64
    most_workers: ClassVar[int | None] = 1

    engine: Literal["predictions"]
    path: Annotated[Files, AfterValidator(known_placeholders)]
    format: Literal["jsonl", "csv", "tsv", "trn", "kaldi", "nemo", "vitw"] | None = None
    """`None`: as the suffix says."""
    column: Annotated[str, Field(min_length=1)] | None = None
    """The column or key that holds the hypotheses; `None`: the first of the usual names."""
    model: str | None = None
    """What produced them, for the leaderboard; `None`: the system's id."""
    allow_surplus: bool = False
    """Leave out hypotheses of utterances that the dataset does not have."""

    @classmethod
    def device_kinds(cls) -> tuple[str, ...]:
        """None: nothing is computed."""
        return ()

    def identity(self) -> dict[str, Json]:
        """What is said of the whole system; which files it is depends on the cell, see `identity_of`."""
        return {
            "model": self.model or self.id,
            "revision": "see its cells",
            "decoding": {"format": self.format, "column": self.column},
        }

    def identity_of(self, dataset: str, condition: "Condition") -> dict[str, Json]:
        """With the digest of the cell's file as the revision; `no file` where there is none."""
        return self.identity() | {"revision": self._digest(dataset, condition)}

    def _digest(self, dataset: str, condition: "Condition") -> str:
        # Also asked of cells that are not run now; `given` says what is wrong with those that are.
        try:
            with path_for(self.path, dataset, condition, system=self.id).open("rb") as file:
                return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        except (UsageError, OSError):
            return "no file"

    def given(self, dataset: str, utterances: "Sequence[Utterance]", condition: "Condition") -> Given:
        """Read the cell's file and join it to the utterances.

        Raises:
            UsageError: the cell has no file, the file is not in its format, an utterance has two hypotheses,
                or (unless surplus is allowed) a hypothesis has no utterance. Messages name file and line.
        """
        from .prediction_file import read_predictions
        from .prediction_join import join

        path = path_for(self.path, dataset, condition, system=self.id)
        predictions = read_predictions(path, self.format, self.column)
        return join(predictions, dataset, utterances, allow_surplus=self.allow_surplus)
