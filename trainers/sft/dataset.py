"""A stage's rows as model inputs, each made when it is asked for."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from asrdiag.errors import AsrdiagError, SampleError

from ..data.clips import Limits
from ..data.line import TrainingRow
from ..families.base import IGNORED, Tensors, TrainedFamily
from ..learning.pool import Pool
from ..learning.row_audio import read_clean, read_degraded
from .distilling import CLEAN
from .order import Indices


class StageDataset(Dataset[dict[str, Any]]):
    """Item n is the n-th row that the stage sees; with the same row's clean clip in it where `distils`.

    Where several processes share a step they need batches of one size. Those of the last step are filled up,
    to a multiple of `at_once`, with the last row without its labels: nothing is learnt from it.
    """

    def __init__(
        self,
        pool: Pool,
        order: Indices,
        family: TrainedFamily,
        limits: Limits,
        *,
        distils: bool = False,
        at_once: int = 1,
    ) -> None:
        self._pool, self._order, self._family, self._limits = pool, order, family, limits
        self._distils, self._at_once = distils, at_once

    def __len__(self) -> int:
        return -(-len(self._order) // self._at_once) * self._at_once

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Raises:
        AsrdiagError: the clip is no longer what it was when all rows were looked at.
        """
        if index >= len(self._order):
            return _not_asked(self[len(self._order) - 1])
        row = self._pool[int(self._order[index])]
        try:
            own = self._example(row, read_degraded(row, self._limits))
            if not self._distils:
                return dict(own)
            if row.clean:
                return own | {CLEAN: own}
            return own | {CLEAN: self._example(row, read_clean(row, self._pool.rows.path, self._limits))}
        except SampleError as error:
            raise AsrdiagError(
                f"{row.id}: could be trained on when the training began, and now cannot: {error}"
            ) from error

    def _example(self, row: TrainingRow, samples: npt.NDArray[np.float32]) -> Tensors:
        piece = self._family.piece(row.id, samples, row.language)
        return self._family.example(piece, row.language, row.solution)


def _not_asked(example: dict[str, Any]) -> dict[str, Any]:
    """The same inputs, of which nothing is asked."""
    found = example | {"labels": torch.full_like(example["labels"], IGNORED)}
    return found | {CLEAN: _not_asked(example[CLEAN])} if CLEAN in example else found
