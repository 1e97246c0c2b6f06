"""What happens beside the steps of a stage: looks, checkpoints, the log, the display, an orderly stop."""

from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from asrdiag.store.atomic import write_json
from asrdiag.store.log import JsonLog

from ..learning.folder import COMPLETE, TrainFolder
from ..learning.interrupts import Interrupts
from ..learning.weights import put
from ..progress import TrainDisplay


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


class Stopper(TrainerCallback):
    """Ends the training after the step under way, with a checkpoint, if it was interrupted."""

    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self._interrupts.share():
            control.should_save = control.should_training_stop = True
