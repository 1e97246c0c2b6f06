"""The function that OpenRLHF calls with prompt and answer in one. OpenRLHF itself is in real_trainers."""

import importlib.util
import pickle
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asrdiag.metrics.rewards import openrlhf
from asrdiag.metrics.rewards.openrlhf import after_prompt, reward_func

REFERENCE = "The cat sat on the mat."
WORKED_EXAMPLE = 0.715278  # 0.4 * 2/3 + 0.6 * (0.25 * 4/5.4 + 0.75 * 0.75)
PROMPT = "<|im_start|>user\n<|audio_pad|>Write down: thank you<|im_end|>\n<|im_start|>assistant\n"
COMPONENTS = {"wer", "r_wer", "r_rep", "r_static", "r_fine", "r_struc", "r_dynamic", "gate"}


def score(answer: str, label: Any, prompt: str = PROMPT) -> dict[str, Any]:
    return reward_func([prompt + answer], [prompt], [label])


def test_the_value_is_that_computed_by_hand() -> None:
    found = score("language English<asr_text>The cap sat on mat.<|im_end|>", REFERENCE)
    assert set(found) == {"rewards", "scores", "extra_logs"}
    assert found["rewards"] == found["scores"] == pytest.approx(WORKED_EXAMPLE, abs=1e-6)
    assert set(found["extra_logs"]) == COMPONENTS
    assert all(type(value) is float for value in (found["rewards"], *found["extra_logs"].values()))


def test_the_words_of_the_prompt_do_not_count() -> None:
    assert score("thank you<|im_end|>", "thank you")["rewards"] == pytest.approx(1, abs=1e-7)
    # A loop: C 2, I 6, R_rep 0; 0.6 * (0.25 * 2/8 + 0.75 * 0.5)
    assert score("thank you " * 4, "thank you")["rewards"] == pytest.approx(0.2625, abs=1e-6)


@pytest.mark.parametrize(
    ("query", "prompt", "expected"),
    [
        ("say: hello", "say:", " hello"),
        ("hello", "", "hello"),
        ("say:", "say:", ""),
        ("<|im_start|> user say it<|im_end|> hello", "<|im_start|>user\nsay it<|im_end|>\n", " hello"),
        ("down what is said: hello", "Please write down what is said:", " hello"),  # cut from the left
        ("something else: hello", "Please write down what is said:", "something else: hello"),
        ("id: hello", "Please write down what is said:", "id: hello"),  # three letters are no proof
    ],
)
def test_prompts_are_taken_off(query: str, prompt: str, expected: str) -> None:
    assert after_prompt(query, prompt) == expected


@settings(deadline=None)
@given(st.text(), st.text())
@example("", "a b")
def test_a_prompt_as_it_was_is_always_taken_off(prompt: str, answer: str) -> None:
    assert after_prompt(prompt + answer, prompt) == answer
    assert isinstance(after_prompt(answer, prompt), str)


@settings(deadline=None)
@given(st.text(" \nab", min_size=1), st.sampled_from(["hello", "hello a b"]))
def test_white_space_in_the_prompt_may_change(prompt: str, answer: str) -> None:
    marked = f"{prompt} <|im_start|>assistant\n"
    assert after_prompt(" " + " ".join(marked.split()) + answer, marked) == answer


def test_a_label_may_name_the_language() -> None:
    # By character, one deletion of three: R_wer, R_fine and R_struc are all 2/3.
    for label in ({"reference": "你好吗", "language": "zh"}, {"solution": "你好吗", "language": "Chinese"}):
        assert score("你好", label)["rewards"] == pytest.approx(2 / 3, abs=1e-6)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASRDIAG_REWARD", '{"language": "zh"}')
    assert score("你好", "你好吗")["rewards"] == pytest.approx(2 / 3, abs=1e-6)
    monkeypatch.setenv("ASRDIAG_REWARD", '{"tau": 0.5}')
    # The gate open: 0.4 * 2/3 + 0.6 * (0.75 * 4/5.4 + 0.25 * 0.75)
    assert score("The cap sat on mat.", REFERENCE)["rewards"] == pytest.approx(0.7125, abs=1e-6)


@pytest.mark.parametrize("label", [None, float("nan"), {"text": "hello"}, {"reference": None}])
def test_a_missing_reference_is_named(label: Any) -> None:
    with pytest.raises(ValueError, match=r"labels\[0\] is .*--data\.label_key"):
        score("hello", label)


def test_an_empty_reference_is_pointed_out_and_scored() -> None:
    with pytest.warns(UserWarning, match=r"--data\.label_key"):
        assert score("", "")["rewards"] == 1.0


def test_several_at_once_are_lists() -> None:
    found = reward_func([PROMPT + "hello", PROMPT + "the cat"], [PROMPT] * 2, ["hello", "the dog"])
    # One substitution, cat/dog, hard: R_wer, R_fine and LCS are 1/2, the length is right: R_struc 3/4;
    # 0.4 * 0.5 + 0.6 * (0.25 * 0.5 + 0.75 * 0.75)
    assert found["rewards"] == found["scores"] == pytest.approx([1, 0.6125], abs=1e-6)
    assert found["extra_logs"]["wer"] == [0, 0.5]


def test_the_file_works_outside_its_package() -> None:
    """As openrlhf/utils/agent.py loads it."""
    spec = importlib.util.spec_from_file_location("reward_func", openrlhf.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.reward_func(["hello"], [""], ["hello"])["rewards"] == pytest.approx(1, abs=1e-7)
    assert pickle.loads(pickle.dumps(reward_func)) is reward_func
