"""The page of the rewards: its examples, its table of formulas and its figures are what happens."""

import contextlib
import io
import re

import pytest
from pages import DOCS

from asrdiag.metrics import find_repetition_loop
from asrdiag.metrics.rewards import PRESETS, DGWGPOReward, RefinementReward

PAGE = (DOCS / "rewards.md").read_text(encoding="utf-8")
OURS = PAGE.split("\n## Trainers")[0]


def worth(hypothesis: str, reference: str, **parameters: object) -> float:
    reward = DGWGPOReward(normalizer="none", **parameters)  # type: ignore[arg-type]
    return float(reward.score(hypotheses=[hypothesis], references=[reference])[0])


def test_the_examples_print_what_the_page_says() -> None:
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", OURS, flags=re.DOTALL | re.MULTILINE))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "rewards.md", "exec"), {})
    assert printed.getvalue().splitlines() == re.findall(r"(?:^|  )# (.*)$", code, flags=re.MULTILINE)


def test_every_component_is_in_the_table() -> None:
    names = set(re.findall(r"\| `(\w+)` \|$", OURS, flags=re.MULTILINE))
    assert names == set(DGWGPOReward().components(hypotheses=[], references=[]))


def test_every_parameter_and_its_default_is_in_the_table() -> None:
    [table] = re.findall(r"\| parameter \| default \| \|\n\|.*?\n(.*?)\n\n", OURS, flags=re.DOTALL)
    for name in DGWGPOReward.__dataclass_fields__:
        assert f"`{name}`" in table, name
    reward = DGWGPOReward()
    for name in ("tau", "alpha_s", "alpha_dyn", "clip", "ungated_fine_weight"):
        assert re.search(rf"^\| `{name}` \| `?{getattr(reward, name)}`? \|", table, flags=re.MULTILINE), name
    assert f"| {reward.min_repeats}, {reward.min_phrase_repeats} |" in table


def test_every_preset_is_in_the_table() -> None:
    ablations = OURS.split("### The ablations")[1].split("### ")[0]
    rows = re.findall(r"^\| `([\w-]+)` \| (the defaults|`.*?`) \|", ablations, flags=re.MULTILINE)
    settings = {name: "" if said == "the defaults" else said.strip("`") for name, said in rows}
    assert {name: eval(f"dict({said})") for name, said in settings.items()} == PRESETS


def test_the_table_of_empty_texts() -> None:
    found = {
        row[0:2]: row[2:]
        for row in re.findall(
            r"^\| (\w+) \| ([\w ]+) \|" + r" ([^|]+) \|" * 5 + "$", OURS, flags=re.MULTILINE
        )
    }
    del found["reference", "hypothesis"]
    assert len(found) == 3
    for (reference, hypothesis), row in found.items():
        for m in (1, 3, 7) if hypothesis == "m tokens" else (1,):
            said = ["x" * (place + 1) for place in range(m)]
            parts = DGWGPOReward(normalizer="none").components(
                hypotheses=["" if hypothesis == "empty" else " ".join(said)],
                references=["" if reference == "empty" else "hello there"],
            )
            for name, cell in zip(("wer", "r_wer", "r_fine", "r_struc", "reward"), row, strict=True):
                formula = cell.split(",")[0].replace("0.4 (", "0.4 * (")
                assert parts[name][0] == pytest.approx(eval(formula, {"m": m})), (reference, hypothesis, name)


def test_the_figures_of_the_corners() -> None:
    words, junk = [f"w{place}" for place in range(100)], [f"j{place}" for place in range(100)]
    said, home = "the cat sat on the mat", "go home"
    figures = {
        0.761: worth(" ".join(words + junk[:29]), " ".join(words)),
        0.778: worth(" ".join(words + junk[:30]), " ".join(words)),
        0.333: worth("the cat", said),
        0.483: worth("the cat blue green red sky", said),
        0.225: worth("blue green", home),
        -0.666: worth("go blue green red sky old man", home),
        0.134: worth("go blue red red red red red", home),
        -19.6: worth(" ".join(junk), home),
    }
    for said_so, value in figures.items():
        assert value == pytest.approx(said_so, abs=6e-4)
        assert re.search(rf"(?<![\d.]){said_so}(?!\d)", OURS), said_so
    fine = RefinementReward().score(hypotheses=["the dig"], references=["the cat dog"])[0]
    assert fine == pytest.approx(0.417, abs=5e-4)
    assert "0.417, else 0.333" in OURS


def test_what_is_called_a_loop_is_one_and_what_is_called_speech_is_not() -> None:
    loops = ("the last the last the last the last", "哈 哈 哈 哈", "对 对 对 对")
    speech = ("really really", "of of", "what what what", "it was the best of times it was the best of times")
    assert all(find_repetition_loop((), text.split()) for text in loops)
    assert not any(find_repetition_loop((), text.split()) for text in speech)
    for text in (*loops, *speech):
        assert text.replace(" ", "")[:4] in OURS.replace(" ", "").replace("\n", "")
