"""The reward for OpenRLHF: the file that `--reward.remote_url` names. Imports nothing of OpenRLHF.

>>> from asrdiag.metrics.rewards.openrlhf import reward_func
>>> found = reward_func(["Transcribe: The cap sat on mat.</s>"], ["Transcribe:"], ["The cat sat on the mat."])
>>> round(found["rewards"], 6), round(found["extra_logs"]["wer"], 6)
(0.715278, 0.333333)
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

# OpenRLHF executes this file outside its package, where relative imports do not work.
from asrdiag.metrics.rewards.columns import LANGUAGE_COLUMN, REFERENCE_COLUMNS, score_rows
from asrdiag.metrics.rewards.extraction import texts, transcript
from asrdiag.metrics.rewards.settings import cached_reward, settings_from_environment

_SHORTEST_REST = 8


def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[object]) -> dict[str, Any]:
    """Score answers: the reward under `rewards` and `scores`, its components under `extra_logs`.

    OpenRLHF calls it with one answer at a time and wants numbers then; for several they are lists.

    Args:
        queries: prompt and answer, decoded with their special tokens.
        prompts: the prompts, which are taken off the queries.
        labels: the references, as the column that `--data.label_key` names holds them; or mappings with
            `reference` (or `solution`) and `language`.

    The settings are those in `ASRDIAG_REWARD`, a JSON object: parameters of `DGWGPOReward` or a `preset`.

    Warns:
        UserWarning: A label is empty, as all of them are where `--data.label_key` is not set.

    Raises:
        ValueError: A label holds no reference, which OpenRLHF cannot leave out; the lengths differ; a
            language is no tag; or a setting is out of range.
    """
    references = [_entry(label, *REFERENCE_COLUMNS) for label in labels]
    for index, (label, reference) in enumerate(zip(labels, references, strict=True)):
        if not texts(reference):
            raise ValueError(
                f"labels[{index}] is {label!r:.200}, expected the reference, or a mapping with "
                f"{' or '.join(REFERENCE_COLUMNS)}. Name the column of the references with --data.label_key"
            )
        if not transcript(reference):
            warnings.warn(
                "a label is empty: right for a clip without words, but every label is empty where "
                "--data.label_key is not set",
                stacklevel=2,
            )
    found = score_rows(
        cached_reward(settings_from_environment()),
        [transcript(after_prompt(*pair)) for pair in zip(queries, prompts, strict=True)],
        references,
        [_entry(label, LANGUAGE_COLUMN) if isinstance(label, Mapping) else None for label in labels],
    )
    values = {name: found[name].tolist() for name in found}
    if len(labels) == 1:
        values = {name: of_one for name, (of_one,) in values.items()}
    rewards = values.pop("reward")
    return {"rewards": rewards, "scores": rewards, "extra_logs": values}


def after_prompt(query: str, prompt: str) -> str:
    r"""Return what follows the prompt in a query that was decoded from the tokens of both.

    Decoding may change white space, and a prompt that is too long loses its beginning: then the rest of it is
    looked for, of which at least 8 characters must be left. Where nothing of the prompt is found the query
    comes back as it is.

    >>> after_prompt("<|im_start|> user hi<|im_end|>hello", "<|im_start|>user\nhi<|im_end|>")
    'hello'
    >>> after_prompt("the clip, please: hello", "Write down the clip, please:")
    ' hello'
    """
    if query.startswith(prompt):
        return query[len(prompt) :]
    places = [index for index, character in enumerate(query) if not character.isspace()]
    written = "".join(query.split())
    expected = "".join(prompt.split())
    for cut in range(max(1, len(expected) - _SHORTEST_REST + 1)):
        rest = expected[cut:]
        if rest and written.startswith(rest):
            return query[places[len(rest) - 1] + 1 :]
    return query


def _entry(label: object, *names: str) -> object:
    if isinstance(label, Mapping):
        return next((label[name] for name in names if name in label), label if "content" in label else None)
    return label
