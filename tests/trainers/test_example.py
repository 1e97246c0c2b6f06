"""What the pages on training tell to do is what the program takes, recipes and suites included."""

import argparse
import csv
import re
import shlex
from pathlib import Path
from statistics import fmean
from string import Template

import pytest
import soundfile

from asrdiag.cli.main import main
from asrdiag.suite import load_suite
from asrdiag.trainers.data.recipe import DataRecipe
from asrdiag.trainers.recipe import load_recipe
from asrdiag.trainers.rl.schema import RlRecipe
from asrdiag.trainers.router.recipe import RouterRecipe
from asrdiag.trainers.sft.schema import SftRecipe

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "trainers" / "released" / "moonshine-tiny"
PAGE = "".join(
    (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("training.md", "router.md", "training-example.md", "reinforcement-learning.md")
)
MODELS = {"data": DataRecipe, "sft": SftRecipe, "router": RouterRecipe, "rl": RlRecipe}


def blocks():
    return re.findall(r"^```bash\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def written():
    """Each file that the page has written, with what is in it."""
    return re.findall(r"^cat > (\S+) <<'END'\n(.*?)^END$", PAGE, re.DOTALL | re.MULTILINE)


def commands():
    """Each `asrdiag` command of the page, its variables as the page sets them."""
    given = {}
    for line in "".join(blocks()).replace("\\\n", " ").splitlines():
        words = [Template(word).safe_substitute(given) for word in shlex.split(line, comments=True)]
        if words[:1] == ["export"]:
            for word in words[1:]:
                name, _, value = word.partition("=")
                given[name] = Template(value).safe_substitute(given)
        elif words[:1] == ["asrdiag"]:
            yield pytest.param(words[1:], dict(given), id=" ".join(words[1:5]))


@pytest.mark.parametrize(("words", "given"), list(commands()))
def test_every_command_is_one(words, given, monkeypatch, tmp_path):
    parse, parsed = argparse.ArgumentParser.parse_args, []

    def parse_only(parser, arguments):
        options = parse(parser, arguments)
        parsed.append(options)
        return argparse.Namespace(handler=lambda _: 0)

    monkeypatch.chdir(tmp_path if any(name in words for name, _ in written()) else PLACE)
    for name, text in written():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for part in ("train", "test"):
        (tmp_path / "noise" / part).mkdir(parents=True)
        soundfile.write(tmp_path / "noise" / part / "hum.wav", [0.1, -0.1] * 8000, 16_000)
    for name, value in {**given, "SPEECH": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)
    assert main(words) == 0
    [options] = parsed
    if words[0] == "train":
        settings = list(getattr(options, "set", ()))
        loaded = load_recipe(options.recipe, MODELS[words[1]], data=options.data, settings=settings)
        assert loaded.recipe.step == words[1]
    if words[0] == "run":
        assert load_suite(Path(words[1])).suite.systems


def test_the_pages_use_every_file():
    told = PAGE + (PLACE / "ablation.sh").read_text(encoding="utf-8")
    files = [path.name for path in PLACE.iterdir() if path.suffix in (".yaml", ".sh")]
    assert [name for name in files if name not in told] == []


def test_every_arm_of_the_ablation_is_evaluated_and_each_is_another_training(monkeypatch):
    script = (PLACE / "ablation.sh").read_text(encoding="utf-8")
    arms = re.search(r"\$\{\*:-([^}]*)\}", script)[1].split()
    suite = (PLACE / "rl-evaluation.yaml").read_text(encoding="utf-8")
    assert sorted(re.findall(r"/rl/([^/]+)/adapter", suite)) == sorted(arms)
    for name in ("ROWS", "MOONSHINE_TINY", "A2S"):
        monkeypatch.setenv(name, "/tmp/work")
    made = {}
    for pattern, switches in re.findall(r"^    (\S+)\) rl \"\$arm\"(.*) ;;$", script, re.MULTILINE):
        for arm in [each for each in arms if re.fullmatch(pattern.replace("*", r"\d"), each)]:
            words = shlex.split(switches.replace("${arm#" + pattern[:-1] + "}", arm[-1]))
            settings = [tuple(word.split("=", 1)) for word in words if word != "--set"]
            recipe = load_recipe(str(PLACE / "rl.yaml"), RlRecipe, settings=settings)
            made[arm] = recipe.fingerprint()
    assert sorted([*made, "sft"]) == sorted(arms)
    assert len(set(made.values())) == len(made)
    assert load_recipe(str(PLACE / "continued.yaml"), SftRecipe).recipe.start == Path("/tmp/work")


PARTS = ("audio", "rollout", "reward", "update")
ARMS = {
    "the start: A2S": "start",
    "DG-WGPO, seed 1": "full-1",
    "DAPO, R_wer only, seed 1": "r-wer-1",
    "GRPO, R_wer only": "grpo",
    "without R_rep": "no-rep",
    "without R_fine": "no-fine",
    "without R_struc": "no-struc",
    "without the gate": "no-gate",
    "DG-WGPO, rates 3e-4": "full-fast",
    "continued SFT": "sft",
}


def table(name):
    with (PLACE / f"rl-{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def pooled():
    """Of each arm and dataset, its rows of the leaderboard over all clips."""
    found = {}
    for row in table("results"):
        if row["aggregate"] == "pooled" and not row["subset"]:
            found.setdefault((row["system"], row["dataset"]), []).append(row)
    return found


def error_rate(rows):
    kinds = ("substitutions_soft", "substitutions_hard", "deletions", "insertions")
    errors = sum(int(row[kind]) for row in rows for kind in kinds)
    return 100 * errors / sum(int(row["ref_tokens"]) for row in rows)


def against(first, second, dataset):
    """What `second` has more than `first`, with its interval, in points."""
    [row] = [
        each
        for each in table("comparisons")
        if (each["system_a"], each["system_b"], each["dataset"]) == (first, second, dataset)
    ]
    low, high = float(row["difference_low_pct"]), float(row["difference_high_pct"])
    return [f"{number:+.1f}" for number in (-float(row["difference_pct"]), -high, -low)]


def test_the_ablation_says_what_was_measured(pooled):
    lines = PAGE[PAGE.index("| | sampled: reward") :].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[: lines.index("")]]
    told, before = {}, ""
    for label, *cells in rows:
        before = f"{before[:-1]}{label[-1]}" if label.startswith("seed") else ARMS[label]
        told[before] = re.findall(r"[-+]?\d+\.\d+", " ".join(cells))
    assert set(told) == {system for system, _ in pooled}
    steps = {}
    for row in table("steps"):
        steps.setdefault(row["arm"], []).append(row)
    for arm, numbers in told.items():
        expected = []
        if arm in steps:
            assert [int(row["step"]) for row in steps[arm]] == list(range(1, 31))
            ends = steps[arm][:6], steps[arm][-6:]
            expected += [f"{fmean(float(row['reward']) for row in end):.3f}" for end in ends]
            expected += [f"{100 * fmean(float(row['wer']) for row in end):.1f}" for end in ends]
        for dataset in ("held-out", "noizeus"):
            expected.append(f"{error_rate(pooled[arm, dataset]):.1f}")
            if arm != "start":
                expected += against("start", arm, dataset)
        for rate in ("omission", "hallucination", "repetition"):
            expected.append(f"{fmean(float(row[f'{rate}_rate_pct']) for row in pooled[arm, 'held-out']):.2f}")
        assert numbers == expected, arm


def test_what_is_said_of_the_ablation_is_in_its_numbers():
    page, steps = " ".join(PAGE.split()), table("steps")
    answers = {}
    for row in steps:
        answers[row["arm"]] = answers.get(row["arm"], 0) + int(row["answers"])
    assert f"{min(answers.values()):,} to {max(answers.values()):,} answers" in page
    assert f"of {answers['no-rep']:,} answers none looped" in page
    assert not any(float(row["repetition"]) for row in steps if row["arm"] in ("no-rep", "full-1"))
    value, low, high = against("full-1", "r-wer-1", "held-out")
    assert f"in one of them beyond chance ({value[1:]} points [{high[1:]}, {low[1:]}])" in page
    value, low, high = against("no-struc", "sft", "noizeus")
    assert f"(without R_struc, -{value[1:]} [-{high[1:]}, -{low[1:]}])" in page
    held_out = [row for row in table("comparisons") if row["dataset"] == "held-out"]
    kept = [(row["system_a"], row["system_b"]) for row in held_out if float(row["p_holm"]) < 0.05]
    assert f"Of the {len(held_out)} comparisons" in page and kept == [("start", "full-3")]
    rates = {
        (row["arm"], row["step"]): f"{100 * int(row['errors']) / int(row['reference_tokens']):.1f}"
        for row in table("validation")
    }
    for seed in (1, 2, 3):
        assert f"{rates[f'full-{seed}', '0']} to {rates[f'full-{seed}', '30']}" in page
    assert f"from {rates['sft', '0']} to {rates['sft', '172']}" in page
    seconds = {part: sum(float(row[f"{part}_s"]) for row in steps) for part in PARTS}
    total = sum(seconds.values())
    said = page[page.index("## How long a step takes") :]
    assert (
        f"of {sum(answers.values()) / len(steps):.0f} answers on average, took {total / len(steps):.1f} s"
        in said
    )
    assert f"{100 * seconds['rollout'] / total:.1f} % to sample" in said
    assert f"{100 * seconds['update'] / total:.1f} % for the update" in said
    assert f"{100 * seconds['reward'] / total:.3f} % for the reward" in said
    assert f"{100 * seconds['audio'] / total:.2f} % to read the audio" in said
