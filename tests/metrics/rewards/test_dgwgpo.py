"""The DG-WGPO reward: the published example, the undefined cases, the switches, and the corners it has."""

import math
from typing import Any

import numpy as np
import pytest

from asrdiag.metrics.rewards import PRESETS, DGWGPOReward

KEYS = ["reward", "wer", "r_wer", "r_rep", "r_static", "r_fine", "r_struc", "r_dynamic", "gate"]
SAID, HEARD = "the cat sat on the mat", "the cap sat on mat"


def parts(hypothesis: str, reference: str, **parameters: Any) -> dict[str, float]:
    found = DGWGPOReward(**parameters).components(hypotheses=[hypothesis], references=[reference])
    return {name: values.item() for name, values in found.items()}


def worth(hypothesis: str, reference: str, **parameters: Any) -> float:
    return parts(hypothesis, reference, **parameters)["reward"]


def test_the_published_example() -> None:
    # C 4, one soft substitution (cat, cap), one deletion
    expected = {
        "wer": 2 / 6,
        "r_wer": 4 / 6,
        "r_rep": 1,
        "r_static": 4 / 6,
        "r_fine": 4 / (4 + 1 + 0.4),  # 0.740741
        "r_struc": 0.5 * 4 / 6 + 0.5 * (1 - 1 / 6),  # 0.75
        "r_dynamic": 0.25 * 0.740741 + 0.75 * 0.75,  # 0.747685
        "gate": 0,  # 0.333 >= 0.3
        "reward": 0.4 * 0.666667 + 0.6 * 0.747685,  # 0.715278
    }
    found = parts(HEARD, SAID)
    assert list(found) == KEYS
    assert found == pytest.approx(expected, abs=1e-6)
    assert round(found["reward"], 6) == 0.715278


def test_below_the_gate() -> None:
    # Nine of ten words, the tenth hard: WER 0.1; R_fine 0.9; LCS 9, same length: R_struc 0.95
    # R = 0.4 * 0.9 + 0.6 * (0.75 * 0.9 + 0.25 * 0.95) = 0.36 + 0.6 * 0.9125 = 0.9075
    found = parts("a b c d e f g h i xyz", "a b c d e f g h i j", normalizer="none")
    assert found["gate"] == 1
    assert found["reward"] == pytest.approx(0.9075, abs=1e-8)


def test_the_gate_is_open_at_tau_itself() -> None:
    # 3 of 10 words: WER is 0.3 to the last bit, which is not below tau.
    hypothesis, reference = "a b c d e f g xx yy zz", "a b c d e f g h i j"
    assert parts(hypothesis, reference, normalizer="none")["gate"] == 0
    assert parts(hypothesis, reference, normalizer="none", tau=0.31)["gate"] == 1


def test_what_comes_back_are_float64_arrays_of_the_batch() -> None:
    reward = DGWGPOReward()
    for count in (0, 1, 3):
        texts: dict[str, Any] = {"hypotheses": [HEARD] * count, "references": [SAID] * count}
        found = reward.components(**texts)
        assert list(found) == KEYS
        for values in (*found.values(), reward.score(**texts)):
            assert values.dtype == np.float64
            assert values.shape == (count,)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        # wer, r_wer, r_rep, r_static, r_fine, r_struc, r_dynamic, gate; then R = 0.4 r_static + 0.6 r_dynamic
        ("", "", (0, 1, 1, 1, 1, 1, 1, 1)),
        ("", "hello", (1, 0, 1, 0, 0, 0, 0, 0)),
        ("", "hello there you", (3, -2, 1, -2, 0, 0, 0, 0)),
        ("", "no no no no no", (5, -4, 0, 0, 0, 0, 0, 0)),
        ("hello there", "", (1, 0, 1, 0, 0, 0, 0, 0)),
        ("hello", "", (1, 0, 1, 0, 0, 0, 0, 0)),
        ("-", "?!", (0, 1, 1, 1, 1, 1, 1, 1)),  # empty after normalisation
        ("Um.", "hello", (1, 0, 1, 0, 0, 0, 0, 0)),
    ],
)
def test_empty_texts(reference: str, hypothesis: str, expected: tuple[float, ...]) -> None:
    found = parts(hypothesis, reference)
    assert tuple(found[name] for name in KEYS[1:]) == expected
    assert found["reward"] == pytest.approx(0.4 * found["r_static"] + 0.6 * found["r_dynamic"], abs=1e-15)
    assert math.copysign(1, found["r_static"]) == math.copysign(1, found["r_static"] + 0.0)  # no -0.0


def test_silence_does_not_pay_on_speech_nor_text_on_silence() -> None:
    reference = "the cat sat on the mat"
    silence = worth("", reference)
    assert silence == 0
    # Whatever is no longer than the reference is worth more, even if every word is wrong.
    for hypothesis in ("dog", "mat", "dog dog dog", "blue green red sky old man", "mat the on sat cat the"):
        assert worth(hypothesis, reference) > silence
    assert worth("", "") == 1
    for hypothesis in ("a", "the", "hello there", "thank you for watching", "no no no no no no"):
        assert worth(hypothesis, "") <= 0
        assert worth(hypothesis, "", clip=True) == 0


def test_clip() -> None:
    hypothesis, reference = "go blue green red sky old", "go home"
    # One right, one hard substitution, four insertions: WER 5/2
    assert parts(hypothesis, reference)["r_wer"] == -1.5
    clipped = parts(hypothesis, reference, clip=True)
    assert clipped["r_wer"] == clipped["r_static"] == 0
    assert clipped["wer"] == 2.5
    # R_fine 1/6; R_struc 0.5 * 1/2 + 0; R = 0.6 * (0.25 / 6 + 0.75 * 0.25) = 0.1375
    assert clipped["reward"] == pytest.approx(0.1375, abs=1e-8)


def test_switches() -> None:
    fine, struc = 4 / 5.4, 0.75
    assert worth(HEARD, SAID, refinement=False) == pytest.approx(0.4 * 4 / 6 + 0.6 * struc, abs=1e-8)
    assert worth(HEARD, SAID, reconstruction=False) == pytest.approx(0.4 * 4 / 6 + 0.6 * fine, abs=1e-8)
    half = 0.4 * 4 / 6 + 0.6 * (0.5 * fine + 0.5 * struc)
    assert worth(HEARD, SAID, gate=False) == pytest.approx(half, abs=1e-8)
    ninth = 0.4 * 4 / 6 + 0.6 * (0.9 * fine + 0.1 * struc)
    assert worth(HEARD, SAID, gate=False, ungated_fine_weight=0.9) == pytest.approx(ninth, abs=1e-8)
    assert worth(HEARD, SAID, alpha_dyn=0) == pytest.approx(4 / 6, abs=1e-15)
    assert worth(HEARD, SAID, alpha_dyn=1) == pytest.approx(0.25 * fine + 0.75 * struc, abs=1e-8)
    assert worth(HEARD, SAID, alpha_s=1) == pytest.approx(
        0.4 * 4 / 6 + 0.6 * (0.25 * 4 / 6 + 0.75 * struc), abs=1e-8
    )
    looped = "the cat sat on the mat mat mat mat"  # three I of six words
    assert parts(looped, SAID)["r_static"] == 0
    assert parts(looped, SAID, repetition=False)["r_static"] == 0.5
    # All terms are reported whatever is switched off.
    bare = parts(looped, SAID, **PRESETS["r-wer"])
    assert bare["reward"] == 0.5
    assert {name: bare[name] for name in ("r_rep", "r_fine", "r_struc", "gate")} == {
        name: parts(looped, SAID)[name] for name in ("r_rep", "r_fine", "r_struc", "gate")
    }


def test_thresholds_of_the_loop() -> None:
    looped = "the cat sat on the mat mat mat mat"
    assert parts(looped, SAID)["r_rep"] == 0
    assert parts(looped, SAID, min_repeats=5)["r_rep"] == 1
    assert parts("oh my god oh my god", "hello", min_phrase_repeats=2)["r_rep"] == 0


def test_presets() -> None:
    assert DGWGPOReward.preset("paper") == DGWGPOReward()
    appendix = DGWGPOReward.preset("paper-appendix")
    assert (appendix.tau, appendix.alpha_s, appendix.alpha_dyn) == (0.5, 0.4, 0.6)
    # WER 1/3 is below 0.5: 0.4 * 4/6 + 0.6 * (0.75 * 4/5.4 + 0.25 * 0.75)
    [value] = appendix.score(hypotheses=[HEARD], references=[SAID])
    assert value == pytest.approx(0.4 * 4 / 6 + 0.6 * (0.75 * 4 / 5.4 + 0.25 * 0.75), abs=1e-8)
    assert DGWGPOReward.preset("paper-appendix", tau=0.4, language="zh") == DGWGPOReward(
        tau=0.4, language="zh"
    )
    for name in PRESETS:
        [value] = DGWGPOReward.preset(name).score(hypotheses=[SAID], references=[SAID])
        assert value == pytest.approx(1, abs=1e-8), name
    with pytest.raises(
        ValueError, match=r"unknown preset 'appendix'; known: paper, paper-appendix, without-r-rep"
    ):
        DGWGPOReward.preset("appendix")


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"tau": -0.1}, ValueError, "tau is -0.1, expected a finite number of at least 0"),
        ({"tau": math.nan}, ValueError, "tau is nan"),
        ({"tau": math.inf}, ValueError, "tau is inf"),
        ({"tau": "0.3"}, TypeError, "tau is '0.3' (str), expected a finite number of at least 0"),
        ({"tau": None}, TypeError, "tau is None (NoneType)"),
        ({"alpha_s": 1.1}, ValueError, "alpha_s is 1.1, expected a number from 0 to 1"),
        ({"alpha_dyn": -0.6}, ValueError, "alpha_dyn is -0.6, expected a number from 0 to 1"),
        ({"alpha_dyn": True}, TypeError, "alpha_dyn is True (bool), expected a number from 0 to 1"),
        ({"ungated_fine_weight": 2}, ValueError, "ungated_fine_weight is 2, expected a number from 0 to 1"),
        ({"clip": None}, TypeError, "clip is None (NoneType), expected True or False"),
        ({"gate": 0}, TypeError, "gate is 0 (int), expected True or False"),
        ({"repetition": "no"}, TypeError, "repetition is 'no' (str), expected True or False"),
        ({"min_repeats": 1}, ValueError, "min_repeats is 1, expected an integer of at least 2"),
        ({"min_phrase_repeats": 2.5}, TypeError, "min_phrase_repeats is 2.5 (float), expected an integer"),
        (
            {"refinement": False, "reconstruction": False},
            ValueError,
            "refinement and reconstruction are both off",
        ),
        ({"language": "chinese"}, ValueError, "language 'chinese' is not a language tag"),
        ({"normalizer": "whisper-english"}, ValueError, "did you mean 'whisper-english@1'?"),
    ],
)
def test_parameters_are_checked(parameters: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        DGWGPOReward(**parameters)
    assert message in str(raised.value)


def test_parameters_may_be_numpys() -> None:
    reward = DGWGPOReward(tau=np.float32(0.5), alpha_s=np.float64(0.4), min_repeats=np.int64(4))  # type: ignore[arg-type]
    assert reward.score(hypotheses=["a"], references=["a"]).tolist() == [pytest.approx(1, abs=1e-8)]
    assert DGWGPOReward(alpha_dyn=0, refinement=False, reconstruction=False).alpha_dyn == 0


WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in ("lo", "ma", "ri", "pu")]
JUNK = [f"z{word}" for word in WORDS]


def test_the_jump_at_the_gate_as_published() -> None:
    said = " ".join(WORDS)
    assert len(WORDS) == 100
    values = [
        worth(f"{said} {' '.join(JUNK[:count])}", said, normalizer="none") for count in (28, 29, 30, 31)
    ]
    # 29: WER 0.29, R_fine 100/129, R_struc 0.5 + 0.5 * 0.71; 30: WER 0.3, R_fine 100/130, R_struc 0.85
    assert values[1] == pytest.approx(0.4 * 0.71 + 0.6 * (0.75 * 100 / 129 + 0.25 * 0.855), abs=1e-8)
    assert values[2] == pytest.approx(0.4 * 0.7 + 0.6 * (0.25 * 100 / 130 + 0.75 * 0.85), abs=1e-8)
    assert [round(value, 3) for value in values[1:3]] == [0.761, 0.778]
    assert values[0] > values[1] < values[2] > values[3]


def test_the_length_pays_for_filler_as_published() -> None:
    short, filled = parts("the cat", SAID), parts("the cat blue green red sky", SAID)
    # Filler turns deletions into hard substitutions: everything is the same but for the length.
    for name in ("wer", "r_static", "r_fine"):
        assert short[name] == filled[name]
    # 0.5 * 2/6 + 0.5 * 2/6 against 0.5 * 2/6 + 0.5
    assert (short["r_struc"], filled["r_struc"]) == pytest.approx((1 / 3, 2 / 3))
    assert (short["reward"], filled["reward"]) == pytest.approx((1 / 3, 0.483333), abs=1e-6)
    # One more word than the reference has does not pay.
    assert worth("the cat blue green red sky old", SAID) < filled["reward"]
    # Nothing but wrong words: 0.6 * 0.75 * 0.5
    assert worth("blue green", "go home") == pytest.approx(0.225)


def test_a_loop_forgives_a_negative_rate_as_published_and_clip_takes_that_away() -> None:
    junk, looped = "go blue green red sky old man", "go blue red red red red red"
    assert (worth(junk, "go home"), worth(looped, "go home")) == pytest.approx(
        (-0.666071, 0.133929), abs=1e-6
    )
    assert worth(junk, "go home", clip=True) == worth(looped, "go home", clip=True)
    # Where the rate is not negative a loop costs.
    assert worth(f"{SAID} mat mat mat", SAID) < worth(f"{SAID} dog cow hen", SAID)


def test_there_is_no_floor_without_clip() -> None:
    # One of two words right, 98 inserted, 1 hard: WER 99/2 or 98/2
    assert parts(" ".join(JUNK), "go home", normalizer="none")["r_wer"] == 1 - 100 / 2
    assert worth(" ".join(JUNK), "go home", normalizer="none") == pytest.approx(0.4 * -49, abs=1e-8)


def test_soft_and_hard_depend_on_the_alignment_and_the_most_similar_pairs_are_taken() -> None:
    # the/the, and two edits for "cat dog" -> "dig": cat/dig (nothing alike: hard) and dog lost, 1 / (1 + 2);
    # or cat lost and dog/dig (2/3 alike: soft), 1 / (1 + 1 + 0.4).
    found = parts("the dig", "the cat dog")
    assert found["wer"] == 2 / 3
    assert found["r_fine"] == pytest.approx(1 / 2.4, abs=1e-8)
    # And where the other order of the two is the more similar one.
    assert parts("the dig", "the dog cat")["r_fine"] == pytest.approx(1 / 2.4, abs=1e-8)


def test_hacking_does_not_pay() -> None:
    said = "we will meet at the old bridge tomorrow morning"
    best = worth(said, said)
    assert best == pytest.approx(1, abs=1e-8)
    hacks = [
        "",
        "the",
        "we will meet at the old bridge",  # cut off
        f"{said} {said}",  # said twice
        f"{said} thank you for watching",  # a farewell nobody said
        " ".join(sorted(said.split())),  # the right words in any order
        "we we we we we we we we we",
        "tomorrow morning",
        "我们 明天 早上 在 老 桥 见 面 吧",
    ]
    for hack in hacks:
        assert worth(hack, said) < best - 0.1, hack
        assert worth(hack, said, clip=True) < best - 0.1, hack
    # Looping to the right length is worth less than stopping in time.
    assert worth("we will meet at the the the the the", said) < worth("we will meet at the", said)
