"""A stage's rows as model inputs, each made when it is asked for."""

from torch.utils.data import Dataset

from asrdiag.engines.transformers.families.base import RATE_HZ
from asrdiag.errors import AsrdiagError, SampleError

from ..data.clips import Limits, read_clip
from ..families.base import Tensors, TrainedFamily
from .order import Indices
from .pool import Pool


class StageDataset(Dataset[Tensors]):
    """Item n is the n-th row that the stage sees."""

    def __init__(self, pool: Pool, order: Indices, family: TrainedFamily, limits: Limits) -> None:
        self._pool, self._order, self._family, self._limits = pool, order, family, limits

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> Tensors:
        """Raises:
        AsrdiagError: the clip is no longer what it was when all rows were looked at.
        """
        row = self._pool[int(self._order[index])]
        try:
            samples = read_clip(row.audio, RATE_HZ, self._limits)
            piece = self._family.piece(row.id, samples, row.language)
            return self._family.example(piece, row.language, row.solution)
        except SampleError as error:
            raise AsrdiagError(
                f"{row.id}: could be trained on when the training began, and now cannot: {error}"
            ) from error
