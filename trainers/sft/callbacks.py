"""What happens beside the steps of a stage: looks, checkpoints, the log, the display, an orderly stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from accelerate import PartialState
from accelerate.utils import gather_object
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from asrdiag.store.atomic import write_json
from asrdiag.store.log import JsonLog

from ..progress import TrainDisplay
from .folder import COMPLETE, TrainFolder
from .weights import put


class Rhythm(TrainerCallback):
    """Every so many steps, and at a stage's end: look at the validation rows, and save."""

    def __init__(self, every: int, before: int) -> None:
        self._every, self._before = every, before

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if (self._before + state.global_step) % self._every == 0 or state.global_step >= state.max_steps:
            control.should_evaluate = control.should_save = True


class Keeper(TrainerCallback):
    """Puts the weights of each checkpoint where they stay, and marks it complete."""

    def __init__(self, folder: TrainFolder, before: int) -> None:
        self._folder, self._before = folder, before

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.is_world_process_zero:
            saved = Path(str(args.output_dir)) / f"checkpoint-{state.global_step}"
            put(saved, self._folder.checkpoint(self._before + state.global_step))
            write_json(saved / COMPLETE, {"step": state.global_step})


class Reporter(TrainerCallback):
    """Writes each step to the log, and shows it."""

    def __init__(self, log: JsonLog, display: TrainDisplay, stage: str, before: int) -> None:
        self._log, self._display, self._stage, self._before = log, display, stage, before

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        if not logs or "loss" not in logs or not state.is_world_process_zero:
            return
        record: dict[str, Any] = {"stage": self._stage, "step": self._before + state.global_step}
        self._log.append(record | {name: logs[name] for name in ("loss", "grad_norm") if name in logs})
        self._display.advance(f"{self._stage}, loss {logs['loss']:.3f}")


class Interrupts(TrainerCallback):
    """Ctrl-C and SIGTERM end the training after the step under way, with a checkpoint; again, at once."""

    def __init__(self, display: TrainDisplay) -> None:
        self._display = display
        self.asked = False

    def share(self) -> bool:
        """Whether any process was asked to end: all then are, or those left would wait for it for ever."""
        if PartialState().num_processes > 1:
            self.asked = any(gather_object([self.asked]))
        return self.asked

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.share():
            control.should_save = control.should_training_stop = True

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
