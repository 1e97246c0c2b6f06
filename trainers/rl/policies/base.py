"""What reinforcement asks of a model."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import LogitsProcessorList, RepetitionPenaltyLogitsProcessor

from asrdiag.engines.transformers.families.base import Piece

from ...families.base import Tensors, TrainedFamily


@dataclass(frozen=True, slots=True)
class Sampling:
    """How answers are drawn."""

    temperature: float = 0.5
    top_p: float = 0.95
    top_k: int = 50
    repetition_penalty: float = 1.08
    max_new_tokens: int = 256


@dataclass(frozen=True, slots=True)
class Prompt:
    """A clip that is ready to be heard."""

    piece: Piece
    inputs: Tensors
    """Each with a first axis of size 1."""
    prefix: tuple[int, ...]
    """What a decoder of its own is given before it writes; empty where the prompt is part of the inputs."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model made of some clips: computed once, and used for all answers to each of them."""

    states: Tensors
    """Each with a first axis of the number of clips."""
    prefix: torch.Tensor
    """Of shape [clips, tokens]; no tokens where the prompt is among the states."""

    def __len__(self) -> int:
        return len(self.prefix)

    def repeated(self, times: int) -> "Heard":
        """Each clip so many times in a row; gradients of the copies add up."""
        return Heard(
            {name: each.repeat_interleave(times, dim=0) for name, each in self.states.items()},
            self.prefix.repeat_interleave(times, dim=0),
        )


class Policy(ABC):
    """A loaded model as a policy over transcripts. Adapters in it take part as they are switched.

    What is sampled is distorted by top-k, top-p, repetition penalty and suppressed tokens. Log-probabilities
    are those of the model's own scores divided by the temperature, and of nothing else, in sampling and in
    learning alike: the ratio of new to old is then 1 before the first update.
    """

    def __init__(self, family: TrainedFamily) -> None:
        self.family = family

    @property
    def model(self) -> Any:
        """The family's model, adapters inside."""
        return self.family.family.model

    @property
    def device(self) -> torch.device:
        return torch.device(self.family.family.loaded.device)

    @abstractmethod
    def end_tokens(self) -> tuple[int, ...]:
        """The tokens that end an answer; the first is the one that transcripts are trained to end with."""

    def prompt(self, piece: Piece, language: str) -> Prompt:
        """Make a clip ready, on the CPU.

        Raises:
            SampleError: the clip is longer than the model can take.
        """
        self.family.written(piece, language, "")
        return Prompt(piece, self.family.inputs(piece), tuple(self.prefix(piece, language)))

    @abstractmethod
    def prefix(self, piece: Piece, language: str) -> list[int]:
        """See `Prompt.prefix`."""

    @abstractmethod
    def hear(self, prompts: Sequence[Prompt]) -> Heard:
        """Encode clips; with gradients unless they are switched off."""

    @abstractmethod
    def generate(self, heard: Heard, times: int, options: dict[str, Any]) -> torch.Tensor:
        """What the model's `generate` writes, `times` for each clip in a row.

        New tokens only, filled up on the right; int64 of shape [clips * times, tokens].
        """

    def logits(self, heard: Heard, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Scores where the tokens of answers that count stand, given what stands before each.

        Args:
            heard: as many clips as there are answers.
            tokens: int64 of shape [answers, tokens], filled up on the right with any token.
            mask: bool of that shape: which tokens count. Scores of others, which are most of the work where
                answers differ in length, are not computed.

        Returns:
            Of shape [tokens that count, vocabulary], row by row.
        """
        found: torch.Tensor = self.model.get_output_embeddings()(self.states(heard, tokens)[mask])
        return found

    @abstractmethod
    def states(self, heard: Heard, tokens: torch.Tensor) -> torch.Tensor:
        """What the scores of `logits` are made of: states of shape [answers, tokens, width]."""

    def suppressed(self) -> list[int]:
        """Tokens that no answer may have: those that the checkpoint's own decoding never writes."""
        return list(self.model.generation_config.suppress_tokens or ())

    def limit(self, sampling: Sampling, n_before: int) -> int:
        """The most tokens that an answer may have after so many that the decoder is given."""
        return sampling.max_new_tokens

    def sample(self, heard: Heard, times: int, sampling: Sampling) -> list[list[list[int]]]:
        """Draw answers with torch's global random numbers.

        Returns:
            For each clip `times` lists of tokens, each up to and with its end marker; without one the answer
            was cut at the limit.
        """
        ends = self.end_tokens()
        options: dict[str, Any] = {
            "do_sample": sampling.temperature > 0,
            "num_beams": 1,
            "max_new_tokens": self.limit(sampling, heard.prefix.shape[1]),
            "eos_token_id": list(ends),
            "pad_token_id": ends[0],
            "repetition_penalty": 1.0,  # the checkpoint may have its own
        }
        if sampling.repetition_penalty != 1:
            # Of what the answer has said, not of its prompt.
            penalty = RepetitionPenaltyLogitsProcessor(
                sampling.repetition_penalty, prompt_ignore_length=heard.prefix.shape[1] or None
            )
            options["logits_processor"] = LogitsProcessorList([penalty])
        if sampling.temperature > 0:
            options |= {
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "top_k": sampling.top_k,
            }
        if found := self.suppressed():
            options["suppress_tokens"] = found
        with torch.no_grad():
            rows = self.generate(heard, times, options).tolist()
        cut = [until_end(row, ends) for row in rows]
        return [cut[start : start + times] for start in range(0, len(cut), times)]

    def collate(self, answers: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Answers as one tensor: tokens (int64), and where there are any (bool); both [answers, tokens]."""
        longest = max(map(len, answers))
        tokens = torch.full((len(answers), longest), self.end_tokens()[0])
        mask = torch.zeros(len(answers), longest, dtype=torch.bool)
        for row, answer in enumerate(answers):
            tokens[row, : len(answer)] = torch.tensor(answer)
            mask[row, : len(answer)] = True
        return tokens.to(self.device), mask.to(self.device)

    def text(self, answer: Sequence[int]) -> str:
        """What was written, every tag and special token but the end marker included."""
        ends = self.end_tokens()
        tokens = list(answer[:-1] if answer and answer[-1] in ends else answer)
        found: str = self.family.tokenizer.decode(tokens, skip_special_tokens=False)
        return found

    def finished(self, answer: Sequence[int]) -> bool:
        """Whether an answer ended by itself."""
        return bool(answer) and answer[-1] in self.end_tokens()


def token_logprobs(logits: torch.Tensor, tokens: torch.Tensor, temperature: float) -> torch.Tensor:
    """ln p of each token at a temperature, in float32.

    Args:
        logits: of shape [..., vocabulary].
        tokens: int64 of shape [...].
        temperature: what scores are divided by; 0 counts as 1.

    >>> round(float(token_logprobs(torch.tensor([0.0, 2.0]), torch.tensor(1), temperature=2.0)), 4)
    -0.3133
    """
    everywhere = torch.log_softmax(_scaled(logits, temperature), dim=-1)
    return everywhere.gather(-1, tokens[..., None])[..., 0]


def entropies(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """Of the distribution that each token is drawn from, in nats, without gradients; of shape [...].

    >>> round(float(entropies(torch.tensor([0.0, 2.0]), temperature=2.0)), 4)  # p = 1 / (1 + e), e / (1 + e)
    0.5822
    """
    with torch.no_grad():
        # p ln p is 0 where p is: the score of a token that cannot be is -inf.
        p = torch.softmax(_scaled(logits, temperature), dim=-1)
        found: torch.Tensor = torch.special.entr(p).sum(dim=-1)
        return found


def _scaled(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    return logits.float() if temperature in (0, 1) else logits.float() / temperature


def until_end(row: list[int], ends: Sequence[int]) -> list[int]:
    """An answer up to and with its first end marker, or all of it where it has none.

    >>> until_end([4, 5, 2, 2], ends=(2,)), until_end([4, 5], ends=(2,))
    ([4, 5, 2], [4, 5])
    """
    first = next((place for place, token in enumerate(row) if token in ends), len(row) - 1)
    return row[: first + 1]
