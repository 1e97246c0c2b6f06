"""One training, from its recipe to the last step; the same again goes on where it stopped."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import gather_object, reduce

from asrdiag.rollouts.log import RolloutLog
from asrdiag.store.atomic import write_text
from asrdiag.store.log import JsonLog, read_log

from ..learning.folder import TrainFolder
from ..learning.interrupts import Interrupts
from ..learning.model_recipe import rates_by_part
from ..learning.parts import groups as optimizer_groups
from ..learning.pool import clip_limits
from ..learning.rows_of_recipe import RecipeRows
from ..learning.schedule import scheduler
from ..learning.validation import Look
from ..learning.weights import put
from ..progress import TrainDisplay
from .clock import Clock
from .collapse import collapsed
from .draws import Draws
from .opening import OpenedPolicy
from .records import logged, of_step
from .rewarding import open_reward
from .sampling import Sampler
from .schema import RlRecipe
from .showing import told
from .state import Course, newest_state, tidy
from .update import Learner

T = TypeVar("T")


@dataclass
class RlSession:
    """A recipe on its clips, with the policy opened. Under `accelerate launch` there is one in each process:
    each samples and scores groups of its own, and gradients are added up."""

    recipe: RlRecipe
    folder: TrainFolder
    opened: OpenedPolicy
    rows: RecipeRows
    display: TrainDisplay
    process: PartialState = field(default_factory=PartialState)

    def run(self) -> str | None:
        """Take the steps that are left; returns what went wrong, in words, if that ended the training early.

        Raises:
            KeyboardInterrupt: it was interrupted; a state was written.
            AsrdiagError: a clip has changed, or a gradient is not finite.
            SaveError: something could not be written.
        """
        course = self._course()
        done, position = 0, 0
        torch.manual_seed(self.recipe.seed * 1009 + self.process.process_index)
        if found := newest_state(self._states):
            done, path = found
            position = course.read(
                path, process=self.process.process_index, n_processes=self.process.num_processes
            )
            self.display.note(f"goes on after step {done}")
        steps = self._steps_until(done)
        if not done:
            self._look_once(0)
        wrong = collapsed(steps, self.recipe.collapse)
        if done and (wrong or self._keeps(done)):
            self._keep(done)  # a kill may have come between the state and the checkpoint
        return wrong or self._go_on(course, steps, done, position)

    def close(self) -> None:
        """Close the files of rows."""
        self.rows.close()

    def _course(self) -> Course:
        """The beginning."""
        recipe, model = self.recipe, self.opened.model
        rates = rates_by_part(recipe.learning_rates)
        optimizer = torch.optim.AdamW(
            optimizer_groups(model, self.opened.parts, rates, recipe.optimizer.weight_decay)
        )
        updates = recipe.steps * recipe.loss.iterations
        warmup = round(updates * recipe.optimizer.warmup_ratio)
        schedule = scheduler(optimizer, steps=updates, warmup=warmup, curve=recipe.optimizer.schedule)
        draws = Draws(
            self.rows.train,
            recipe.train.enrich,
            recipe.seed,
            first=self.process.process_index,
            stride=self.process.num_processes,
        )
        return Course(model, optimizer, schedule, draws)

    def _go_on(self, course: Course, steps: list[dict[str, Any]], done: int, position: int) -> str | None:
        """Take the steps after `done`, of which `steps` are the numbers; what went wrong, as `run`."""
        recipe, number, is_main = self.recipe, self.process.process_index, self.process.is_main_process
        learner = Learner(
            recipe,
            self.opened.policy,
            course.optimizer,
            course.schedule,
            parameters=[each for each in course.model.parameters() if each.requires_grad],
            reference=course.model.disable_adapter,
            total=self._total,
        )
        share = recipe.groups.prompts // self.process.num_processes
        interrupts = Interrupts(self.display)
        self.display.begin(recipe.steps, done)
        with ExitStack() as opened:
            answers = self.folder.path / "judge" / str(number) / "answers.jsonl"
            reward = opened.enter_context(open_reward(recipe.reward, answers))
            sampler = Sampler(recipe, self.opened, self.rows.train, reward, clip_limits(recipe.limits))
            if is_main:
                rollouts = opened.enter_context(
                    RolloutLog(self.folder.path / "rollouts.jsonl", position=position)
                )
                log = opened.enter_context(JsonLog(self.folder.steps))
            opened.enter_context(interrupts.listening())
            for step in range(done + 1, recipe.steps + 1):
                clock = Clock()
                sampled = sampler.step(course.draws, share, clock)
                with clock("update"):
                    learnt = learner.learn(sampled.used)
                # All devices go by the same numbers, so that they end together.
                mine = logged(step - 1, sampled, recipe.sampling.temperature, number)
                everyones = self._gathered([(mine, sampled.resamples)])
                groups = [group for each, _ in everyones for group in each]
                resamples = max(each for _, each in everyones)
                steps.append(of_step(step, groups, learnt, resamples=resamples, seconds=clock.seconds))
                if is_main:
                    for group in groups:
                        rollouts.append(group)
                    log.append(steps[-1])
                self.display.advance(told(steps))
                wrong, asked = collapsed(steps, recipe.collapse), interrupts.share()
                if wrong or asked or self._keeps(step):
                    self._save(course, step, rollouts.sync() if is_main else 0)
                if wrong or self._keeps(step):
                    self._keep(step)
                if wrong:
                    return wrong
                if asked:
                    break
        return None

    def look(self, step: int) -> Look:
        """Transcribe the validation rows, and write down what came of it."""
        assert self.rows.validation is not None
        found = self.rows.validation.look(
            step,
            "rl",
            process=self.process.process_index,
            n_processes=self.process.num_processes,
            gather=self._gathered,
        )
        if self.process.is_main_process:
            self.folder.add_look(found)
            self.display.note(found.told())
        self.process.wait_for_everyone()
        return found

    def _look_once(self, step: int) -> None:
        if self.rows.validation and step not in self.folder.all_looks():
            self.look(step)

    def _keeps(self, step: int) -> bool:
        """Whether a step's weights are one of those to choose among."""
        return step == self.recipe.steps or step % self.recipe.checkpoint_every == 0

    def _keep(self, step: int) -> None:
        """Make the state's weights a checkpoint, and look what it does; once."""
        if self.process.is_main_process and not self.folder.checkpoint(step).is_dir():
            put(self._state(step), self.folder.checkpoint(step))
        self._look_once(step)

    def _save(self, course: Course, step: int, log_position: int) -> None:
        processes = self._gathered([course.of_process()])
        if self.process.is_main_process:
            course.save(self._state(step), step=step, processes=processes, log_position=log_position)
            tidy(self._states, keep=2)
        self.process.wait_for_everyone()

    @property
    def _states(self) -> Path:
        return self.folder.path / "state"

    def _state(self, step: int) -> Path:
        return self._states / f"step-{step:06d}"

    def _steps_until(self, done: int) -> list[dict[str, Any]]:
        """The lines of the steps that count; those after the last state are taken, and written, again."""
        kept = [record for record in read_log(self.folder.steps) if record["step"] <= done]
        self.process.wait_for_everyone()
        if self.process.is_main_process:
            write_text(self.folder.steps, "".join(json.dumps(each) + "\n" for each in kept))
        return kept

    def _gathered(self, mine: Sequence[T]) -> list[T]:
        """What all processes have, in their order."""
        return list(mine) if self.process.num_processes == 1 else list(gather_object(list(mine)))

    def _total(self, tensor: torch.Tensor) -> torch.Tensor:
        """The sum over all processes."""
        if self.process.num_processes == 1:
            return tensor
        found: torch.Tensor = reduce(tensor.to(self.process.device), reduction="sum")
        return found.to(tensor.device)
