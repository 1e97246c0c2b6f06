"""An orderly stop: Ctrl-C and SIGTERM end a training after the step under way."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from accelerate import PartialState
from accelerate.utils import gather_object

from ..progress import TrainDisplay


class Interrupts:
    """Ctrl-C and SIGTERM end the training after the step under way, with a checkpoint; again, at once."""

    def __init__(self, display: TrainDisplay) -> None:
        self._display = display
        self.asked = False

    def share(self) -> bool:
        """Whether any process was asked to end: all then are, or those left would wait for it for ever."""
        if PartialState().num_processes > 1:
            self.asked = any(gather_object([self.asked]))
        return self.asked

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals over while inside the block, which every process leaves alike.

        Raises:
            KeyboardInterrupt: at the end of the block, if one came to any process.
        """
        old = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
            self.share()
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)
        if self.asked:
            raise KeyboardInterrupt

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._display.note("interrupted; the step under way is finished and saved (again: stop at once)")
