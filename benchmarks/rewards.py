"""Speed of the rewards for one training step, beside a reward made of jiwer, in one run.

A step is 192 prompts with 16 rollouts of about 20 words, made of the words of real sentences. Every round has
a step of its own, so that no text but only single words are known beforehand. One core; CPU time; the median
of the rounds.

    pip install -e '.[bench]'
    python benchmarks/rewards.py [--prompts N] [--rollouts N] [--words N] [--rounds N]
"""

import argparse
import gc
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from random import Random
from statistics import median
from unittest.mock import patch

import jiwer
import numpy as np
from numpy.typing import NDArray
from whisper_normalizer.english import EnglishTextNormalizer

from asrdiag.metrics import pure
from asrdiag.metrics.batch import KERNEL
from asrdiag.metrics.rewards import DGWGPOReward, Reward, WERReward
from metrics import machine


@dataclass(frozen=True, slots=True)
class Step:
    """Rollouts of one training step and their references, normalised and as a model writes them."""

    references: list[str]
    hypotheses: list[str]
    raw_references: list[str]
    raw_hypotheses: list[str]


@dataclass(frozen=True, slots=True)
class Entrant:
    """A way to reward a step; `run` returns R_wer, for comparison."""

    texts: str
    name: str
    run: Callable[[Step], NDArray[np.float64]]
    judges: bool = False
    same: bool = True


def make_steps(prompts: int, rollouts: int, words: int, rounds: int) -> list[Step]:
    random = Random(0)
    lines = [
        json.loads(line)
        for name in ("demo.jsonl", "noizeus.jsonl")
        for line in files("asrdiag.datasets").joinpath(name).read_text().splitlines()
    ]
    normalize = EnglishTextNormalizer()
    sentences = [normalize(line["text"]).split() for line in lines]
    vocabulary = [word for sentence in sentences for word in sentence]

    def reference() -> list[str]:
        said: list[str] = []
        while len(said) < words:
            said += random.choice(sentences)
        return said[:words]

    def heard(said: list[str]) -> list[str]:
        rate = random.choice((0.0, 0.05, 0.15, 0.4))
        words: list[str] = []
        for word in said:
            if random.random() >= rate:
                words.append(word)
                continue
            edit = random.random()
            words += [word[:-1] + random.choice("stdn")] if edit < 0.4 else []
            words += [random.choice(vocabulary)] if 0.4 <= edit < 0.8 else []
        return words + words[-2:] * (8 if random.random() < 0.02 else 0)

    def written(words: list[str]) -> str:
        middle = len(words) // 2
        return (" ".join(words[:middle]) + ", " + " ".join(words[middle:])).capitalize() + "."

    steps: list[Step] = []
    for _ in range(rounds):
        pairs = [
            (said, heard(said)) for said in (reference() for _ in range(prompts)) for _ in range(rollouts)
        ]
        steps.append(
            Step(
                *([" ".join(pair[side]) for pair in pairs] for side in (0, 1)),
                *([written(pair[side]) for pair in pairs] for side in (0, 1)),
            )
        )
    return steps


def entrants() -> list[Entrant]:
    def normalised(reward: Reward) -> Callable[[Step], NDArray[np.float64]]:
        def run(step: Step) -> NDArray[np.float64]:
            parts = reward.components(hypotheses=step.hypotheses, references=step.references)
            return parts.get("r_wer", parts["reward"])

        return run

    def raw(reward: Reward) -> Callable[[Step], NDArray[np.float64]]:
        def run(step: Step) -> NDArray[np.float64]:
            return reward.components(hypotheses=step.raw_hypotheses, references=step.raw_references)["r_wer"]

        return run

    def in_python(run: Callable[[Step], NDArray[np.float64]]) -> Callable[[Step], NDArray[np.float64]]:
        def patched(step: Step) -> NDArray[np.float64]:
            with patch("asrdiag.metrics.batch._analyze", pure.analyze):
                return run(step)

        return patched

    rules = EnglishTextNormalizer()
    transform = jiwer.Compose(
        [
            *(jiwer.ToLowerCase(), jiwer.RemovePunctuation(), jiwer.RemoveMultipleSpaces(), jiwer.Strip()),
            jiwer.ReduceToListOfListOfWords(),
        ]
    )
    everything = DGWGPOReward(normalizer="none")
    return [
        Entrant("normalised", f"DGWGPOReward, all components, {KERNEL}", normalised(everything)),
        Entrant("normalised", "DGWGPOReward, all components, python", in_python(normalised(everything))),
        Entrant("normalised", f"WERReward, {KERNEL}", normalised(WERReward(normalizer="none"))),
        Entrant(
            "normalised",
            "1 - jiwer.wer",
            lambda s: np.array(
                [1 - jiwer.wer(r, h) for r, h in zip(s.references, s.hypotheses, strict=True)]
            ),
            judges=True,
        ),
        Entrant("raw", f"DGWGPOReward, all components, {KERNEL}", raw(DGWGPOReward())),
        Entrant(
            "raw",
            "1 - jiwer.wer, jiwer's lower case and punctuation",
            lambda s: np.array(
                [
                    1 - jiwer.wer(r, h, reference_transform=transform, hypothesis_transform=transform)
                    for r, h in zip(s.raw_references, s.raw_hypotheses, strict=True)
                ]
            ),
            same=False,
        ),
        Entrant(
            "raw",
            "1 - jiwer.wer, Whisper's normaliser",
            lambda s: np.array(
                [
                    1 - jiwer.wer(rules(r), rules(h))
                    for r, h in zip(s.raw_references, s.raw_hypotheses, strict=True)
                ]
            ),
            judges=True,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the rewards side by side with jiwer.")
    parser.add_argument("--prompts", type=int, default=192)
    parser.add_argument("--rollouts", type=int, default=16)
    parser.add_argument("--words", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    steps = make_steps(options.prompts, options.rollouts, options.words, options.rounds + 1)
    found = entrants()
    times: dict[int, list[float]] = {place: [] for place in range(len(found))}
    for number, step in enumerate(steps):
        rewards: list[NDArray[np.float64]] = []
        for place, entrant in enumerate(found):
            gc.collect()
            before = time.process_time()
            rewards.append(entrant.run(step))
            if number:  # the first step loads what is loaded once
                times[place].append(time.process_time() - before)
        # Against jiwer behind the same normaliser; its own rules are not Whisper's, and give other rates.
        truth = {each.texts: values for each, values in zip(found, rewards, strict=True) if each.judges}
        for entrant, values in zip(found, rewards, strict=True):
            if entrant.same and not np.allclose(values, truth[entrant.texts], rtol=0, atol=1e-12):
                print(f"DISAGREES: {entrant.name}, {entrant.texts}")
    samples = options.prompts * options.rollouts
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine()}")
    print(f"{samples:,} rollouts of about {options.words} words, median of {options.rounds} steps\n")
    print("| texts | reward | ms a step | us a rollout | times jiwer |\n|---|---|---:|---:|---:|")
    base = {found[place].texts: median(times[place]) for place in times if found[place].judges}
    for place, entrant in enumerate(found):
        seconds = median(times[place])
        print(
            f"| {entrant.texts} | {entrant.name} | {1e3 * seconds:.1f} | {1e6 * seconds / samples:.1f} ",
            end="",
        )
        print(f"| {base[entrant.texts] / seconds:.1f} |")


if __name__ == "__main__":
    main()
