"""One training, from its recipe to the chosen weights; the same again goes on where it stopped."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from accelerate import PartialState
from accelerate.utils import gather_object
from transformers import TrainingArguments

from asrdiag.errors import unknown
from asrdiag.store.log import JsonLog

from ..learning.folder import TrainFolder
from ..learning.identity import identity
from ..learning.interrupts import Interrupts
from ..learning.model_recipe import part_name
from ..learning.pool import clip_limits
from ..learning.rows_of_recipe import RecipeRows, open_rows
from ..learning.schedule import scheduler
from ..learning.validation import Look
from ..learning.weights import load_weights
from ..learning.whole import require_whole
from ..progress import TrainDisplay
from ..recipe import LoadedRecipe
from .callbacks import Keeper, Reporter, Rhythm, Stopper
from .dataset import StageDataset
from .opening import Opened, open_model
from .plan import PlannedStage, accumulation, left_out, plan, total_steps
from .schema import SftRecipe
from .trainer import SftTrainer


@dataclass(frozen=True)
class Session:
    """A recipe on its rows, with the model opened.

    Under `accelerate launch` there is one in each process; the first one writes.
    """

    recipe: SftRecipe
    folder: TrainFolder
    opened: Opened
    rows: RecipeRows
    stages: tuple[PlannedStage, ...]
    display: TrainDisplay
    interrupts: Interrupts
    process: PartialState = field(default_factory=PartialState)

    def run(self) -> dict[int, Look]:
        """Train what is left; returns all looks at the validation rows, by step.

        Raises:
            KeyboardInterrupt: it was interrupted; a checkpoint was written.
            AsrdiagError: the loss is no number, a clip has changed, or a checkpoint is damaged.
            SaveError: something could not be written.
        """
        left = [planned for planned in self.stages if not self.folder.done(planned.number)]
        if left and left[0].before:
            require_whole(self.folder.checkpoint(left[0].before))
            load_weights(self.opened.model, self.folder.checkpoint(left[0].before))
        elif left and self.rows.validation and 0 not in self.folder.all_looks():
            self.display.note(f"before training: {len(self.rows.validation)} validation rows")
            self.look(0, "before")
        if left:
            # Stages that are done count as done; one under way counts from its last checkpoint.
            self.display.begin(total_steps(self.stages), left[0].before)
        for planned in left:
            self._train(planned)
        return self.folder.all_looks()

    def close(self) -> None:
        """Close the files of rows."""
        self.rows.close()

    def look(self, step: int, stage: str) -> Look:
        """Transcribe the validation rows, and write down what came of it."""
        assert self.rows.validation is not None
        model = self.opened.family.family.model
        model.eval()
        found = self.rows.validation.look(
            step,
            stage,
            process=self.process.process_index,
            n_processes=self.process.num_processes,
            gather=gather_object if self.process.num_processes > 1 else lambda found: found,
        )
        if self.process.is_main_process:
            self.folder.add_look(found)
            self.display.note(f"{stage}: {found.told()}")
        return found

    def _train(self, planned: PlannedStage) -> None:
        stage, state = planned.stage, self.folder.state(planned.number)
        resume = self.folder.resume_from(planned.number) if self.process.is_main_process else None
        self.process.wait_for_everyone()
        if not self.process.is_main_process:
            resume = self.folder.resume_from(planned.number)
        if resume:
            require_whole(resume)
            done = int(resume.name.partition("-")[2])
            self.display.note(f"{stage.name}: goes on after step {planned.before + done}")
            self.display.done += done

        def look(step: int) -> dict[str, float]:
            return {"eval_error_rate": self.look(planned.before + step, stage.name).score}

        with JsonLog(self.folder.steps) as log:
            trainer = SftTrainer(
                model=self.opened.model,
                family=self.opened.family,
                parts=self.opened.parts,
                stage=stage,
                adapter=self.recipe.lora is not None,
                distillation=self.recipe.distillation,
                schedule=partial(
                    scheduler, warmup=planned.warmup_steps, curve=self.recipe.optimizer.schedule
                ),
                args=self._arguments(planned, state),
                dataset=StageDataset(
                    self.rows.train,
                    planned.order.rows,
                    self.opened.family,
                    clip_limits(self.recipe.limits),
                    distils=self.recipe.distillation > 0,
                    at_once=self._rows_at_once(),
                ),
                callbacks=[
                    Rhythm(self.recipe.checkpoint_every, planned.before),
                    Keeper(self.folder, planned.before),
                    Reporter(log, self.display, stage.name, planned.before),
                    Stopper(self.interrupts),
                ],
                look=look if self.rows.validation else None,
            )
            with self.interrupts.listening():
                trainer.train(resume_from_checkpoint=str(resume) if resume else None)
        self.process.wait_for_everyone()
        if self.process.is_main_process:
            self.folder.finish(planned.number, planned.steps)

    def _rows_at_once(self) -> int:
        """So many rows all processes together take in one go; one alone may take what is left."""
        n = self.process.num_processes
        return n * self.recipe.batch.per_device if n > 1 else 1

    def _arguments(self, planned: PlannedStage, state: Path) -> TrainingArguments:
        recipe, optimizer = self.recipe, self.recipe.optimizer
        arguments = TrainingArguments(
            output_dir=str(state),
            per_device_train_batch_size=recipe.batch.per_device,
            gradient_accumulation_steps=accumulation(recipe.batch, self.process.num_processes),
            num_train_epochs=1,
            weight_decay=optimizer.weight_decay,
            max_grad_norm=optimizer.max_grad_norm,
            bf16=recipe.model.dtype == "bfloat16",
            logging_steps=1,
            logging_nan_inf_filter=False,
            save_strategy="no",  # a callback decides
            save_total_limit=2,  # the last complete one stays until the next is complete
            seed=(recipe.seed * 1009 + planned.number) % 2**32,
            use_cpu=self.process.device.type == "cpu",
            use_cache=True,  # validation writes token by token
            report_to=list(recipe.trackers) or "none",
            run_name=f"{recipe.name}-{planned.stage.name}",
            disable_tqdm=True,
            remove_unused_columns=False,
            train_sampling_strategy="sequential",
            dataloader_num_workers=recipe.workers,
            ddp_find_unused_parameters=False,
        )
        arguments._n_gpu = min(arguments.n_gpu, 1)  # several GPUs are for `accelerate launch`
        return arguments


def prepare(
    loaded: LoadedRecipe[SftRecipe], folder: TrainFolder | None, display: TrainDisplay, device: str
) -> Session:
    """Open the model, look at all rows, and find the beginning of this training in its folder, if it has one.

    Args:
        loaded: the recipe.
        folder: where it is written to, locked; `None`: nothing is written.
        display: told how far it is.
        device: of this process.

    Raises:
        UsageError: the model, the rows, the plan or the folder cannot be used.
    """
    recipe, process = loaded.recipe, PartialState()
    try:
        accumulation(recipe.batch, process.num_processes)
    except ValueError as error:
        raise loaded.error(("batch", "size"), str(error)) from None
    opened = open_model(recipe, device)
    for index, phase in enumerate(recipe.phases):
        for part in phase.learning_rates:
            if part_name(part) not in opened.parts:
                place = ("phases", index, "learning_rates", part)
                raise loaded.error(place, unknown("part", part, opened.parts))
    if recipe.batch.per_device > 1 and not opened.family.shares_batches():
        text = "found more than 1; clips of different lengths change each other in a batch of such models"
        raise loaded.error(("batch", "per_device"), text)
    written = folder if process.is_main_process else None
    if written is not None:
        written.begin(identity(loaded), loaded.content)
    rows = open_rows(
        recipe, recipe.train.rows, opened.family, written, display, distils=recipe.distillation > 0
    )
    for line in left_out(recipe, rows.train):
        display.note(line)
    process.wait_for_everyone()
    return Session(
        recipe=recipe,
        folder=folder or TrainFolder(Path()),
        opened=opened,
        rows=rows,
        stages=plan(recipe, rows.train),
        display=display,
        interrupts=Interrupts(display),
    )
