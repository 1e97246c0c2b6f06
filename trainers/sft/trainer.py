"""transformers' Trainer with a loss over transcripts, learning rates by part, and validation."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import Dataset
from transformers import PrinterCallback, ProgressCallback, Trainer, TrainerCallback, TrainingArguments

from asrdiag.errors import AsrdiagError
from asrdiag.store.saving import saving

from ..families.base import IGNORED, Part, Tensors, TrainedFamily
from ..learning.parts import groups, let_learn
from ..learning.weights import save_weights
from .distilling import CLEAN, asked_for, batch_with_clean, divergence, untrained
from .variants import Stage


def transcript_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The sum of -ln p over the labels that count.

    Args:
        logits: of shape [rows, positions, vocabulary], for the last of the labels' positions.
        labels: of shape [rows, all positions].

    >>> logits = torch.zeros(1, 2, 4)
    >>> round(float(transcript_loss(logits, torch.tensor([[IGNORED, IGNORED, 3]]))), 4)
    1.3863
    """
    asked = labels[:, labels.shape[1] - logits.shape[1] :]
    return torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), asked.flatten(), ignore_index=IGNORED, reduction="sum"
    )


class SftTrainer(Trainer):
    """One stage.

    Rows come in the order of the dataset, which is the stage's; its one epoch is the whole stage.
    """

    def __init__(
        self,
        *,
        model: Any,
        family: TrainedFamily,
        parts: Mapping[str, Part],
        stage: Stage,
        adapter: bool,
        distillation: float,
        schedule: Callable[..., LambdaLR],
        args: TrainingArguments,
        dataset: "Dataset[dict[str, Any]]",
        callbacks: list[TrainerCallback],
        look: Callable[[int], dict[str, float]] | None,
    ) -> None:
        let_learn(model, parts, stage.learning_rates, adapter=adapter)
        super().__init__(
            model=model,
            args=args,
            train_dataset=dataset,
            data_collator=partial(batch_with_clean, family),
            callbacks=callbacks,
        )
        for unwanted in (PrinterCallback, ProgressCallback):
            self.remove_callback(unwanted)
        self._family, self._parts, self._stage, self._adapter, self._look = (
            family,
            parts,
            stage,
            adapter,
            look,
        )
        self._distillation, self._schedule = distillation, schedule
        # So that it counts the labels of a whole step, over all batches and devices, and gives us the number.
        self.model_accepts_loss_kwargs = True

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW with a learning rate for each part."""
        # Again: weights that were read from a checkpoint all learn.
        let_learn(self.model, self._parts, self._stage.learning_rates, adapter=self._adapter)
        if self.optimizer is None:
            found = groups(self.model, self._parts, self._stage.learning_rates, self.args.weight_decay)
            self.optimizer = torch.optim.AdamW(found)
        return self.optimizer

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> LambdaLR:
        """The stage's, over its steps."""
        if self.lr_scheduler is None:
            chosen = self.optimizer if optimizer is None else optimizer
            self.lr_scheduler = self._schedule(chosen, steps=num_training_steps)
        return self.lr_scheduler

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """The mean over all transcript tokens of the step, wherever and whenever they are computed."""
        labels = inputs["labels"]
        total = self._total(model, inputs)
        if num_items_in_batch is None:
            return total / (labels != IGNORED).sum().clamp(min=1)
        # Gradients of several devices are averaged afterwards.
        return total / num_items_in_batch * self.accelerator.num_processes

    def _total(self, model: Any, inputs: Mapping[str, Any]) -> torch.Tensor:
        """The loss, summed over the transcript tokens of one batch."""
        batch: Tensors = {name: each for name, each in inputs.items() if name != CLEAN}
        labels, share = batch["labels"], self._distillation
        if not share:
            return transcript_loss(self._family.logits(model, batch), labels)
        with untrained(self.accelerator.unwrap_model(model)) as base:
            taught = asked_for(self._family.logits(base, inputs[CLEAN]), inputs[CLEAN]["labels"])
        logits = self._family.logits(model, batch)
        apart = divergence(asked_for(logits, labels), taught)
        return (1 - share) * transcript_loss(logits, labels) + share * apart

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Transcribe the validation rows; nothing is drawn for it, so that training goes on as without it."""
        if self._look is None:
            return {}
        model: Any = self.model
        model.eval()
        found = self._look(self.state.global_step)
        model.train()
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, found)
        return found

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """All that a checkpoint needs.

        Raises:
            SaveError: it could not be written.
        """
        with saving(Path(str(self.args.output_dir)) / f"checkpoint-{self.state.global_step}"):
            super()._save_checkpoint(model, trial)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """The adapter, or the weights where there is none."""
        if self.args.should_save:
            save_weights(
                self.accelerator.unwrap_model(self.model), Path(str(output_dir or self.args.output_dir))
            )

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Stop at a loss or a gradient that is no number: what is learnt from then on is lost."""
        for name, value in (("loss", logs.get("loss")), ("norm of the gradient", logs.get("grad_norm"))):
            if value is not None and not math.isfinite(value):
                raise AsrdiagError(
                    f"stage {self._stage.name}, step {self.state.global_step}: the {name} is {value}; lower "
                    "the learning rates, or train in float32, and begin anew with --fresh"
                )
        super().log(logs, start_time)
