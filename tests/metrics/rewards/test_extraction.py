"""The transcript in whatever a model wrote; odd output gives text or none, never an error."""

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.engines.transformers.families.qwen3_asr_text import parse
from asrdiag.metrics import find_repetition_loop
from asrdiag.metrics.rewards import DGWGPOReward
from asrdiag.metrics.rewards.extraction import raw_text, texts, transcript

QWEN = "language English<asr_text>"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("the cat", "the cat"),
        ("  the cat \n", "the cat"),
        (f"{QWEN}the cat", "the cat"),
        (f" {QWEN} the cat<|im_end|>", "the cat"),
        ("<asr_text>the cat", "the cat"),
        ("language None<asr_text>", ""),
        ("language Hong Kong Cantonese<asr_text>你好", "你好"),
        ("language no no no no<asr_text>no", "language no no no no no"),  # four words are no language
        ("LANGUAGE ENGLISH<asr_text>the cat", "the cat"),
        ("<s>the cat</s><pad><pad>", "the cat"),
        ("<|startoftranscript|><|en|><|transcribe|><|0.00|> the cat<|1.20|><|endoftext|>", "the cat"),
        ("the<|0.50|>cat", "the cat"),
        ("<|nospeech|>", ""),
        ("a < b and b > a", "a < b and b > a"),
        ("<laugh> the cat", "<laugh> the cat"),
        ("<|im_en", "<|im_en"),
        ("", ""),
        (np.str_("the cat"), "the cat"),
    ],
)
def test_texts(output: str, expected: str) -> None:
    assert transcript(output) == expected
    assert type(transcript(output)) is str


@pytest.mark.parametrize(
    "output",
    [
        f"<|im_start|>system\n<|im_end|>\n<|im_start|>user\n<|audio_pad|>Write it down.<|im_end|>\n"
        f"<|im_start|>assistant\n{QWEN}the cat<|im_end|>\n",
        f"<|im_start|>assistant\n{QWEN}the cat<|im_end|>",
        f"<s><|im_start|>user\nWrite it down.<|im_end|>\n<|im_start|>assistant\n{QWEN}the cat",
        "<|start_header_id|>user<|end_header_id|>\n\nWrite it down.<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nthe cat<|eot_id|>",
        "<|start_of_role|>user<|end_of_role|>Write it down.<|end_of_text|>\n"
        "<|start_of_role|>assistant<|end_of_role|>the cat<|end_of_text|>",
        "<bos><start_of_turn>user\nWrite it down.<end_of_turn>\n<start_of_turn>model\nthe cat<end_of_turn>",
    ],
)
def test_chat_blocks_are_taken_apart(output: str) -> None:
    assert transcript(output) == "the cat"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"role": "assistant", "content": f"{QWEN}the cat"}, "the cat"),
        ({"content": "the cat"}, "the cat"),
        ([{"role": "assistant", "content": "the cat"}], "the cat"),
        ([{"role": "user", "content": "say"}, {"role": "assistant", "content": "the cat"}], "the cat"),
        # An example in the prompt is not the answer, nor is what the environment says after it.
        (
            [
                {"role": "user", "content": "say"},
                {"role": "assistant", "content": "an example"},
                {"role": "user", "content": "say"},
                {"role": "assistant", "content": "the cat"},
                {"role": "environment", "content": "scored"},
            ],
            "the cat",
        ),
        ([{"role": "assistant", "content": "the cat"}] * 3, "the cat the cat the cat"),
        ([{"role": "user", "content": "say"}], ""),
        ([{"type": "text", "text": "the"}, {"type": "audio", "audio": "a.wav"}, {"text": "cat"}], "the cat"),
        ([{"role": "assistant", "content": [{"type": "text", "text": f"{QWEN}the cat"}]}], "the cat"),
        ({"role": "assistant", "content": None}, ""),
        ({"role": "assistant", "tool_calls": []}, ""),
        (("the", "cat"), "the cat"),
        ([{"role": ["assistant"], "content": "the cat"}], ""),
        ([], ""),
        ({}, ""),
        (None, ""),
        (float("nan"), ""),
        (b"the cat", ""),
        (42, ""),
        ([None, 3, {"role": 7}, [["the"]]], ""),
    ],
)  # fmt: skip
def test_messages_and_parts(output: object, expected: str) -> None:
    assert transcript(output) == expected


LOOP = "thank you " * 30


@pytest.mark.parametrize(
    "output",
    [
        f"{QWEN}{LOOP}",
        f"{LOOP}<asr_text>thank you",  # ahead of the tag
        f"{QWEN}" + f"thank you{QWEN}" * 30,  # with the tag in every repeat
        "thank you<asr_text>" * 30,
        "thank you<|im_end|>" * 30,
        "thank you<|im_end|>\n<|im_start|>assistant\n" * 30,
        "<|im_start|>assistant\n" + "thank you<|im_end|>\n<|im_start|>assistant\n" * 30,
        "thank<|0.00|>you<|1.00|>" * 30,
        [{"role": "assistant", "content": "thank you"}] * 30,
        [{"type": "text", "text": "thank you"}] * 30,
        "language " + LOOP + "<asr_text>thank you",
    ],
)
def test_a_loop_stays_a_loop(output: object) -> None:
    words = transcript(output).split()
    assert words.count("thank") >= 30
    assert find_repetition_loop(["thank", "you"], words) is not None


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text()
    | st.binary()
    | st.sampled_from([QWEN, "<|im_start|>user"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["role", "content", "text", "type"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(ODD)
def test_nothing_makes_it_raise_and_the_reward_takes_what_comes(output: Any) -> None:
    said = transcript(output)
    assert isinstance(raw_text(output), str)
    assert bool(said) <= bool(texts(output))
    [value] = DGWGPOReward().score(hypotheses=[said], references=["the cat"])
    assert math.isfinite(value)


PIECES = st.sampled_from(
    [
        "the",
        "cat",
        "the cat",
        " ",
        "<|im_end|>",
        "<|0.00|>",
        "</s>",
        "<asr_text>",
        "\n",
        "<|im_start|>assistant\n",
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12))
def test_no_word_is_lost_doubled_or_joined(pieces: list[str]) -> None:
    output = " ".join(pieces)
    words = re.findall(r"\b(?:the|cat)\b", re.sub(r"<[^>]*>", " ", output))
    assert transcript(output).split() == words


@settings(deadline=None)
@given(
    st.sampled_from(["English", "Chinese", "None"]),
    st.text(st.characters(exclude_characters="<"), max_size=30),
)
def test_output_as_the_model_was_taught_gives_the_text_that_the_evaluation_scores(
    name: str, said: str
) -> None:
    for raw in (f"language {name}<asr_text>{said}", said):
        assert transcript(raw) == parse(raw).text


def test_it_is_linear_in_the_length() -> None:
    for output in ("<|" * 200_000, "language a " * 100_000, "<|im_start|>" * 50_000, "<" * 500_000):
        assert isinstance(transcript(output), str)


def test_raw_text_keeps_the_form() -> None:
    assert (
        raw_text([{"role": "assistant", "content": f"{QWEN}the cat<|im_end|>"}]) == f"{QWEN}the cat<|im_end|>"
    )
