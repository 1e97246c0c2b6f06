"""The reward as TRL calls it, by keyword with columns of the dataset. TRL itself is in real_trainers."""

import copy
import functools
import pickle
from typing import Any

import pytest

from asrdiag.metrics.rewards import CERReward, DGWGPOReward, FormatReward, WeightedReward, WERReward
from asrdiag.metrics.rewards.extraction import raw_text
from asrdiag.metrics.rewards.trl import TRLReward

REFERENCE = "The cat sat on the mat."
SAID = "language English<asr_text>The cap sat on mat."
WORKED_EXAMPLE = 0.715278  # 0.4 * 2/3 + 0.6 * (0.25 * 4/5.4 + 0.75 * 0.75)
COMPONENTS = {"wer", "r_wer", "r_rep", "r_static", "r_fine", "r_struc", "r_dynamic", "gate"}


def call(reward: TRLReward, completions: list[Any], **columns: Any) -> list[float | None]:
    """As grpo_trainer.py does: everything by keyword, and more than anyone asked for."""
    extra = {
        "prompts": ["say"] * len(completions),
        "completion_ids": [[1, 2]] * len(completions),
        "trainer_state": object(),
        "log_extra": lambda column, values: None,
        "log_metric": lambda name, value: None,
    }
    return reward(completions=completions, **{**extra, **columns})


def test_texts_and_messages_give_the_value_computed_by_hand() -> None:
    for completion in (SAID, [{"role": "assistant", "content": SAID}]):
        found = call(TRLReward(), [completion], reference=[REFERENCE])
        assert found == pytest.approx([WORKED_EXAMPLE], abs=1e-6)
        assert type(found[0]) is float


def test_the_references_are_in_reference_or_solution_or_where_one_says() -> None:
    reward = TRLReward()
    for columns in ({"solution": [REFERENCE]}, {"reference": [REFERENCE], "solution": ["nothing like it"]}):
        assert call(reward, [SAID], **columns) == pytest.approx([WORKED_EXAMPLE], abs=1e-6)
    named = TRLReward(reference_column="text")
    assert call(named, [SAID], text=[REFERENCE], reference=["no"]) == pytest.approx(
        [WORKED_EXAMPLE], abs=1e-6
    )


def test_a_reference_may_be_in_the_form_that_the_model_writes() -> None:
    for reference in (
        SAID.replace("cap sat on", "cat sat on the"),
        [{"role": "assistant", "content": REFERENCE}],
    ):
        assert call(TRLReward(), [SAID], solution=[reference]) == pytest.approx([WORKED_EXAMPLE], abs=1e-6)


def test_a_row_without_a_reference_is_left_out_and_an_empty_one_is_not() -> None:
    found = call(TRLReward(), ["hello"] * 4, reference=[None, float("nan"), [], ""])
    assert found[:3] == [None, None, None]
    # One token where none was said: WER 1, nothing correct, no length right.
    assert found[3] == 0.0
    assert call(TRLReward(), ["hello"], reference=[None]) == [None]
    assert call(TRLReward(), [], reference=[]) == []


def test_references_are_logged_where_asked_for() -> None:
    logged: dict[str, list[str | None]] = {}
    said = {"completions": [SAID, SAID], "reference": [SAID, None], "log_extra": logged.__setitem__}
    call(TRLReward(), **said)
    assert logged == {}
    call(TRLReward(log_references=True), **said)
    assert logged == {"reference": ["The cap sat on mat.", None]}


def test_language_by_row() -> None:
    # By character, one deletion of three: R_wer, R_fine and R_struc are all 2/3.
    reward = TRLReward()
    said, references = ["你好", "你好", SAID, "你好"], ["你好吗", "你好吗", REFERENCE, "你好吗"]
    found = call(reward, said, reference=references, language=["zh", "Chinese", None, "yue"])
    assert found == pytest.approx([2 / 3, 2 / 3, WORKED_EXAMPLE, 2 / 3], abs=1e-6)
    named = TRLReward(language_column="lang")
    assert call(named, ["你好"], reference=["你好吗"], lang=["zh"]) == pytest.approx([2 / 3], abs=1e-6)
    by_default = TRLReward(DGWGPOReward(language="zh"))
    for columns in ({}, {"language": None}, {"language": [""]}, {"language": [3]}):
        assert call(by_default, ["你好"], reference=["你好吗"], **columns) == pytest.approx([2 / 3], abs=1e-6)


def test_only_a_missing_column_raises_and_the_message_names_those_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"no column 'reference' or 'solution'.*found audio, text\."
    ) as caught:
        TRLReward()(["hello"], audio=["a.wav"], text=["hello"], trainer_state=object())
    assert "reference_column" in str(caught.value)
    with pytest.raises(ValueError, match=r"no column 'words'.*found no column"):
        TRLReward(reference_column="words")(["hello"])
    with pytest.raises(ValueError, match="'reference' has 1 values for 2 completions"):
        TRLReward()(["a", "b"], reference=["a"])
    with pytest.raises(ValueError, match="column 'reference' is 'hello', expected a list of 1"):
        TRLReward()(["hello"], reference="hello")
    with pytest.raises(ValueError, match=r"'en\?' is not a language tag"):
        TRLReward()(["hello"], reference=["hello"], language=["en?"])


ODD = [
    None,
    "",
    "<|im_end|>",
    [],
    {},
    [{"role": "assistant", "content": None}],
    7,
    "\ud800",
    "\0",
    b"x",
    [[]],
]


def test_odd_output_is_scored_as_what_it_says() -> None:
    found = call(TRLReward(), ODD, reference=["the cat"] * len(ODD))
    assert all(isinstance(value, float) for value in found)
    assert found[:6] == [found[0]] * 6  # nothing said


def test_the_means_of_the_components_are_logged() -> None:
    logged: dict[str, float] = {}
    reward = TRLReward(name="asr")
    said, references = [SAID, "thank you " * 4, "hello"], [REFERENCE, "thank you", None]
    reward(completions=said, reference=references, log_metric=logged.__setitem__)
    assert set(logged) == {f"asr/{name}" for name in COMPONENTS}
    # WER 2/6 and 6/2; the row without a reference does not count.
    assert logged["asr/wer"] == pytest.approx((2 / 6 + 3) / 2)
    assert logged["asr/r_rep"] == 0.5
    logged.clear()
    reward(completions=["hello"], reference=[None], log_metric=logged.__setitem__)
    assert logged == {}


def test_names_are_those_of_the_rewards_unless_one_says() -> None:
    assert TRLReward().__name__ == "DGWGPOReward"
    assert TRLReward(WERReward()).__name__ == "WERReward"
    assert TRLReward(WERReward(), name="asr_wer").__name__ == "asr_wer"


def test_any_reward_will_do() -> None:
    # Soft substitution and deletion: 1 - 2/6; characters of "thecatsatonthemat": 1 wrong, 3 deleted of 17.
    mixed = WeightedReward({"wer": (0.5, WERReward()), "cer": (0.5, CERReward())})
    expected = 0.5 * (1 - 2 / 6) + 0.5 * (1 - 4 / 17)
    for languages in ({}, {"language": ["en"]}):
        assert call(TRLReward(mixed), [SAID], reference=[REFERENCE], **languages) == pytest.approx([expected])
    form = FormatReward(pattern=r"language [A-Z][a-z]+<asr_text>.+")
    found = call(TRLReward(form, extract=raw_text), [SAID, "hello"], reference=[REFERENCE] * 2)
    assert found == [1.0, 0.0]


def test_it_survives_pickling_copying_and_partial() -> None:
    reward = TRLReward(DGWGPOReward(tau=0.5), name="asr", reference_column="text")
    for twin in (pickle.loads(pickle.dumps(reward)), copy.deepcopy(reward)):
        assert twin.__name__ == "asr"
        # The gate is open: 0.4 * 2/3 + 0.6 * (0.75 * 4/5.4 + 0.25 * 0.75)
        assert call(twin, [SAID], text=[REFERENCE]) == pytest.approx([0.7125], abs=1e-6)
    assert functools.partial(reward, text=[REFERENCE])(completions=[SAID]) == pytest.approx(
        [0.7125], abs=1e-6
    )
