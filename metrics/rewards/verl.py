"""The reward for verl: the function that `reward.custom_reward_function` names. Imports nothing of verl.

>>> from asrdiag.metrics.rewards.verl import compute_score
>>> found = compute_score(
...     data_source="clips", solution_str="language English<asr_text>The cap sat on mat.",
...     ground_truth="The cat sat on the mat.", extra_info={"language": "en"},
... )
>>> round(found["score"], 6), round(found["wer"], 6)
(0.715278, 0.333333)
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .columns import LANGUAGE_COLUMN, score_rows
from .extraction import transcript
from .settings import cached_reward


def compute_score(
    data_source: str,
    solution_str: object,
    ground_truth: object,
    extra_info: Mapping[str, Any] | None = None,
    *,
    language_column: str = LANGUAGE_COLUMN,
    reward_router_address: object = None,
    reward_model_tokenizer: object = None,
    **settings: Any,
) -> dict[str, float]:
    """Score one sample: the reward under `score` and its components, with the same keys for every sample.

    The function holds no state, so that verl may call it in many threads and processes.

    Args:
        data_source: names the dataset in errors.
        solution_str: the decoded answer.
        ground_truth: the reference, `reward_model.ground_truth` of the dataset.
        extra_info: its entry `language_column` is the language of the sample; without it the reward's holds.
        reward_router_address, reward_model_tokenizer: what verl gives where it runs a reward model; not used.
        settings: `reward_kwargs`: the parameters of `DGWGPOReward`, or a `preset`.

    Raises:
        ValueError: The sample has no reference, which verl cannot leave out; a language is no tag; or a
            parameter is out of range.
        TypeError: A parameter is unknown or of the wrong type.
    """
    about = extra_info if isinstance(extra_info, Mapping) else {}
    found = score_rows(
        cached_reward(settings),
        [transcript(solution_str)],
        [ground_truth],
        [about.get(language_column)],
    )
    rewards = found.pop("reward")
    if np.isnan(rewards[0]):
        raise ValueError(
            f"a sample of {data_source!r} has no reference: reward_model.ground_truth is "
            f"{ground_truth!r:.80}; extra_info holds {', '.join(map(str, about)) or 'nothing'}"
        )
    return {"score": float(rewards[0]), **{name: float(values[0]) for name, values in found.items()}}
