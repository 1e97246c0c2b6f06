"""One training, from its recipe to the last step; the same again goes on where it stopped."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import gather_object, reduce
from transformers import get_scheduler

from asrdiag.rollouts.log import RolloutLog
from asrdiag.store.atomic import write_text
from asrdiag.store.log import JsonLog, read_log

from ..progress import TrainDisplay
from ..sft.callbacks import Interrupts
from ..sft.folder import TrainFolder
from ..sft.parts import groups as optimizer_groups
from ..sft.pool import Pool, clip_limits
from ..sft.validation import Look, Validation
from ..sft.weights import put
from .clock import Clock
from .collapse import collapsed
from .draws import Draws
from .opening import OpenedPolicy, rates
from .records import logged, of_step
from .rewarding import make_reward
from .sampling import Sampled, Sampler
from .schema import RlRecipe
from .state import newest_state, process_state, read_state, save_state
from .update import Learner, Learnt


@dataclass
class RlSession:
    """A recipe on its clips, with the policy opened. Under `accelerate launch` there is one in each process:
    each samples and scores groups of its own, and gradients are added up."""

    recipe: RlRecipe
    folder: TrainFolder
    opened: OpenedPolicy
    pool: Pool
    validation: Validation | None
    display: TrainDisplay
    process: PartialState = field(default_factory=PartialState)

    def run(self) -> str | None:
        """Take the steps that are left; returns what went wrong, in words, if that ended the training early.

        Raises:
            KeyboardInterrupt: it was interrupted; a state was written.
            AsrdiagError: a clip has changed.
            SaveError: something could not be written.
        """
        recipe, number = self.recipe, self.process.process_index
        draws = Draws(
            self.pool, recipe.train.enrich, recipe.seed, first=number, stride=self.process.num_processes
        )
        parameters = [each for each in self.opened.model.parameters() if each.requires_grad]
        optimizer = torch.optim.AdamW(
            optimizer_groups(
                self.opened.model, self.opened.parts, rates(recipe), recipe.optimizer.weight_decay
            )
        )
        updates = recipe.steps * recipe.loss.iterations
        schedule = get_scheduler(
            {"constant": "constant_with_warmup"}.get(recipe.optimizer.schedule, recipe.optimizer.schedule),
            optimizer,
            num_warmup_steps=round(updates * recipe.optimizer.warmup_ratio),
            num_training_steps=updates,
        )
        learner = Learner(
            recipe,
            self.opened.policy,
            optimizer,
            schedule,
            parameters=parameters,
            reference=self.opened.model.disable_adapter,
            total=self._total,
        )
        done, position = 0, 0
        torch.manual_seed(recipe.seed * 1009 + number)
        if found := newest_state(self.folder.path / "state"):
            done, path = found
            position = read_state(path, self.opened.model, optimizer, schedule, draws=draws, process=number)
            self.display.note(f"goes on after step {done}")
        elif self.validation and 0 not in self.folder.all_looks():
            self.look(0)
        interrupts = Interrupts(self.display)
        steps = self._steps_until(done)
        self.display.begin(recipe.steps, done)
        sampler = Sampler(
            recipe, self.opened.policy, self.pool, make_reward(recipe.reward), clip_limits(recipe.limits)
        )
        name = "rollouts.jsonl" if number == 0 else f"rollouts-{number}.jsonl"
        with (
            RolloutLog(self.folder.path / name, position=position) as rollouts,
            JsonLog(self.folder.steps) as log,
            interrupts.listening(),
        ):
            for step in range(done + 1, recipe.steps + 1):
                sampled, learnt, clock = self._step(sampler, learner, draws)
                for group in logged(step - 1, sampled, recipe.sampling.temperature, number):
                    rollouts.append(group)
                record = of_step(step, sampled, learnt, clock)
                steps.append(record)
                wrong = collapsed(steps, recipe.collapse)
                if self.process.is_main_process:
                    log.append(record)
                self.display.advance(told(record, steps[0]))
                last = bool(wrong) or step == recipe.steps
                if last or interrupts.asked or step % recipe.checkpoint_every == 0:
                    state = process_state(draws, rollouts.sync())
                    self._save(step, optimizer, schedule, state)
                    if last or step % recipe.checkpoint_every == 0:
                        put(self._state(step), self.folder.checkpoint(step))
                        if self.validation:
                            self.look(step)
                if wrong:
                    return wrong
                if interrupts.asked:
                    break
        return None

    def look(self, step: int) -> Look:
        """Transcribe the validation rows, and write down what came of it."""
        assert self.validation is not None
        found = self.validation.look(
            step,
            "rl",
            process=self.process.process_index,
            n_processes=self.process.num_processes,
            gather=gather_object if self.process.num_processes > 1 else lambda found: found,
        )
        if self.process.is_main_process:
            self.folder.add_look(found)
            self.display.note(found.told())
        return found

    def _step(self, sampler: Sampler, learner: Learner, draws: Draws) -> tuple[Sampled, Learnt | None, Clock]:
        clock = Clock()
        share = self.recipe.groups.prompts // self.process.num_processes
        sampled = sampler.step(draws, share, clock)
        with clock("update"):
            learnt = learner.learn(sampled.used)
        return sampled, learnt, clock

    def _save(self, step: int, optimizer: Any, schedule: Any, state: dict[str, Any]) -> None:
        states = {self.process.process_index: state}
        if self.process.num_processes > 1:
            states = dict(gather_object(list(states.items())))
        if self.process.is_main_process:
            folder = self._state(step)
            save_state(folder, self.opened.model, optimizer, schedule, step=step, processes=states)
            for old in sorted(folder.parent.glob("step-*"))[:-2]:
                shutil.rmtree(old)
        self.process.wait_for_everyone()

    def _state(self, step: int) -> Path:
        return self.folder.path / "state" / f"step-{step:06d}"

    def _steps_until(self, done: int) -> list[dict[str, Any]]:
        """The lines of the steps that count; those after the last state are taken, and written, again."""
        kept = [record for record in read_log(self.folder.steps) if record["step"] <= done]
        if self.process.is_main_process:
            write_text(self.folder.steps, "".join(json.dumps(each) + "\n" for each in kept))
        return kept

    def _total(self, tensor: torch.Tensor) -> torch.Tensor:
        if self.process.num_processes == 1:
            return tensor
        return reduce(tensor.to(self.process.device), reduction="sum").to(tensor.device)


def told(record: dict[str, Any], first: dict[str, Any]) -> str:
    """A step in a few words: whether it learns is to be seen at a glance."""
    words = f"reward {record['reward']:.3f} ({record['reward'] - first['reward']:+.3f})"
    if (wer := record["components"].get("wer")) is not None:
        words += f", WER {100 * wer:.1f} % ({100 * (wer - first['components']['wer']):+.1f})"
    words += f", no variance {100 * record['zero_variance']:.0f} %"
    if "kl" in record:
        words += f", KL {record['kl']:.3f}"
    return words
