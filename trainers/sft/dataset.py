"""A stage's rows as model inputs, each made when it is asked for."""

from typing import Any

from torch.utils.data import Dataset

from asrdiag.engines.transformers.families.base import RATE_HZ
from asrdiag.errors import AsrdiagError, SampleError

from ..data.clips import Limits, Place, read_place
from ..data.line import TrainingRow
from ..families.base import Tensors, TrainedFamily
from .distilling import CLEAN, clean_place
from .order import Indices
from .pool import Pool


class StageDataset(Dataset[dict[str, Any]]):
    """Item n is the n-th row that the stage sees; with the same row's clean clip in it where `distils`."""

    def __init__(
        self, pool: Pool, order: Indices, family: TrainedFamily, limits: Limits, *, distils: bool = False
    ) -> None:
        self._pool, self._order, self._family, self._limits = pool, order, family, limits
        self._distils = distils

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Raises:
        AsrdiagError: the clip is no longer what it was when all rows were looked at.
        """
        row = self._pool[int(self._order[index])]
        try:
            found: dict[str, Any] = dict(self._example(row, Place(row.audio)))
            if self._distils:
                found[CLEAN] = self._example(row, clean_place(row, self._pool.rows.path))
            return found
        except SampleError as error:
            raise AsrdiagError(
                f"{row.id}: could be trained on when the training began, and now cannot: {error}"
            ) from error

    def _example(self, row: TrainingRow, place: Place) -> Tensors:
        samples = read_place(place, RATE_HZ, self._limits)
        piece = self._family.piece(row.id, samples, row.language)
        return self._family.example(piece, row.language, row.solution)
