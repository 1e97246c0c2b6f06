"""Rollouts: a log's groups with their rewards, the systems' answers as a group, and what one types."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from explorer_runs import SCRIPT, Runs, charts, choose

from asrdiag.app.data.judged import Answers, judged
from asrdiag.app.data.log_filters import LogFilters, ordered
from asrdiag.app.data.rollout_index import read_log, rewarded
from asrdiag.app.data.rollout_logs import open_logs
from asrdiag.app.data.training_steps import read_steps, steps_file
from asrdiag.app.parts.reward_bar import scale
from asrdiag.errors import AsrdiagError
from asrdiag.metrics.rewards import DGWGPOReward
from asrdiag.metrics.rewards.inspection import inspect_rollouts
from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup
from asrdiag.rollouts.reading import FoundGroup, read_rollouts

MAT = "the cat sat on the mat"
WORKED = "the cap sat on mat"  # cat misheard as cap, a the lost: WER 2/6


def group(name: str, texts: Sequence[str], reference: str = MAT, **fields: Any) -> dict[str, Any]:
    rewards = fields.pop("rewards", [None] * len(texts))
    rollouts = tuple(
        Rollout(transcript=text, reward=reward) for text, reward in zip(texts, rewards, strict=True)
    )
    return RolloutGroup(group=name, reference=reference, rollouts=rollouts, **fields).to_record()


# What is wrong in a worse transcript may be worth more: of six words two are right and four are left out, WER
# 4/6, or two right, four replaced and one put in, WER 5/6.
#   the cat:                     R_wer 1/3, R_fine 2/6, R_struc (2/6 + 2/6) / 2 = 1/3, gate 0:
#     0.4 * 1/3 + 0.6 * (1/4 * 1/3 + 3/4 * 1/3) = 1/3
#   the cat blue green red sky x: R_wer 1/6, R_fine 2/7, R_struc (2/6 + 5/6) / 2 = 7/12, gate 0:
#     0.4 * 1/6 + 0.6 * (1/4 * 2/7 + 3/4 * 7/12) = 0.066667 + 0.042857 + 0.2625 = 0.372024
SHORT, FILLED = "the cat", "the cat blue green red sky x"
LINES = [
    group("base", [MAT], temperature=0.0, sample_id="u1"),
    group("mixed", [MAT, WORKED, ""], temperature=0.7, sample_id="u1", step=1, rewards=[1.0, 0.5, 0.0]),
    group("against", [SHORT, FILLED], temperature=0.7, sample_id="u2", step=2, metadata={"snr_db": 5}),
    group("flat", [SHORT, "the cat."], temperature=1.0, sample_id="u3", step=2, used=False),
    group(
        "script", [SCRIPT, "<img src=x onerror=alert(1)>"], reference=f"she said {SCRIPT}", temperature=1.0
    ),
]
BROKEN = '{"group": "broken", "reference": "a", "rollouts": []}'


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("training") / "rollouts.jsonl"
    lines = [json.dumps(line) for line in LINES]
    path.write_text("\n".join([*lines[:2], BROKEN, *lines[2:]]) + '\n{"group": "torn')
    return path


@pytest.fixture
def page(explorer: Any, log: Path) -> Any:
    """Opens the page on the log alone."""

    def start(**query: str) -> Any:
        choices = {name.replace("__", "."): value for name, value in query.items()}
        return explorer(Path("--rollouts"), log, page="rollouts", **choices)

    return start


def drawn(at: Any, place: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(at.get("bidi_component")[place].proto.json)
    return found


def table(at: Any, named: str) -> Any:
    """The first table with a column of that name."""
    return next(each.value for each in at.dataframe if named in each.value)


def said(at: Any) -> str:
    texts = (*at.markdown, *at.caption, *at.info, *at.warning, *at.text, *at.subheader)
    return "\n".join(str(each.value) for each in texts).replace("\\", "")


def test_the_worst_preference_is_open_at_first(page: Any) -> None:
    at = page()
    groups = table(at, "prompt")
    assert list(groups["group"]) == ["against", "mixed", "flat", "script"]  # the greedy one is the base
    answers = table(at, "r_fine")
    assert list(answers["rollout"]) == ["2", "1"]
    assert answers["reward"].round(6).tolist() == [0.372024, 0.333333]
    assert answers["rank"].tolist() == ["1 / 2 ⚠", "2 / 1"]
    assert "1 pair ranked against WER" in said(at)
    assert "where" in groups and groups["where"][0] == "rollouts.jsonl:4"
    pairs = table(at, "preferred")
    assert pairs["errors"].round(4).tolist() == [16.6667] and pairs["by"].round(4).tolist() == [0.0387]
    assert pairs[["r_fine", "r_struc", "r_rep", "gate", "r_wer"]].sum(axis=1).round(6)[0] == 0.03869


def test_every_component_of_a_group_stands_beside_what_was_logged(page: Any) -> None:
    at = page(rollouts__group="mixed")
    answers = table(at, "r_fine")
    # the cap sat on mat: R_wer 4/6, R_fine 4 / (4 + 1 + 0.4), R_struc (4/6 + 5/6) / 2, WER 1/3 is not below
    # 0.3: 0.4 * 2/3 + 0.6 * (1/4 * 0.740741 + 3/4 * 3/4) = 0.715278
    assert answers["reward"].round(6).tolist() == [1.0, 0.715278, 0.0]
    assert answers["r_fine"].round(6).tolist() == [1.0, 0.740741, 0.0]
    assert answers["r_struc"].round(6).tolist() == [1.0, 0.75, 0.0]
    assert answers["gate"].tolist() == [1.0, 0.0, 0.0]
    assert answers["differs"].tolist() == ["", "≠ -0.2153", ""]
    assert "1 of 3 logged rewards are not what this reward computes" in said(at)
    assert [line["note"] for line in drawn(at)["names"]] == [
        "reward 1.000, 0.0 %",
        "reward 0.715, 33.3 %",
        "reward 0.000, 100.0 %",
    ]
    row = table(at, "prompt").iloc[1]
    # u1's greedy answer is right: the base of the group. Spread of 1, 0.715278 and 0: 0.515538.
    assert (row["wer_min"], row["base_wer"], row["tau_b"]) == (0.0, 0.0, 1.0)
    assert round(row["reward_std"], 6) == pytest.approx(np.std([1, 0.71527778, 0], ddof=1), abs=1e-6)
    assert row["different"] == "≠ 1"


def test_flat_groups_are_marked_and_found(page: Any) -> None:
    at = page(rollouts__only="flat")
    groups = table(at, "prompt")
    assert groups[["group", "flat"]].values.tolist() == [["flat", "= flat"]]
    assert "all rewards are 0.333, so it teaches nothing; the transcripts are all the same" in said(at)
    assert "dropped before the update" in said(at)
    assert [line["name"] for line in drawn(at)["names"]] == ["1 (2 times)"]


def test_bad_lines_are_named_and_the_rest_is_shown(page: Any) -> None:
    at = page()
    assert "1 line cannot be read" in at.expander[0].label
    assert "rollouts.jsonl:3: rollouts is empty, expected at least one rollout" in said(at)
    assert "1 last line half written" in said(at)


def test_a_link_opens_its_group_with_its_reward(page: Any) -> None:
    at = page(rollouts__group="mixed", rollouts__line="2", reward__tau="0.5", reward__clip="1")
    assert at.subheader[0].value == "mixed · u1"
    # Below the gate: 0.4 * 2/3 + 0.6 * (3/4 * 0.740741 + 1/4 * 3/4) = 0.7125
    assert table(at, "r_fine")["reward"].round(6).tolist() == [1.0, 0.7125, 0.0]
    assert at.query_params["rollouts.group"] == "mixed" and at.query_params["reward.tau"] == "0.5"
    assert "rollouts.group=mixed" in drawn(at)["link"] and "reward.tau=0.5" in drawn(at)["link"]
    choose(at, 0, table=1)
    assert at.subheader[0].value == "against · u2" and at.query_params["rollouts.line"] == "4"
    at = page(rollouts__group="*gone*")
    assert "There is no group *gone* in this log" in said(at)
    assert len(table(at, "prompt")) == 4


def test_the_reward_is_set_on_the_page(page: Any) -> None:
    at = page(rollouts__group="mixed")
    next(each for each in at.slider if each.label == "alpha\\_dyn").set_value(0.0).run()
    assert table(at, "r_fine")["reward"].round(4).tolist() == [1.0, 0.6667, 0.0]  # R_wer alone
    assert at.query_params["reward.alpha_dyn"] == "0"
    next(each for each in at.selectbox if each.label == "Preset").set_value("without-r-struc").run()
    # 0.4 * 2/3 + 0.6 * 0.740741
    assert table(at, "r_fine")["reward"].round(6).tolist() == [1.0, 0.711111, 0.0]
    assert at.query_params["reward.preset"] == "without-r-struc" and "reward.alpha_dyn" not in at.query_params
    next(each for each in at.toggle if each.label == "R\\_fine").set_value(False).run()
    assert "leaves nothing of R_dynamic" in said(at)
    at = page(reward__preset="best", reward__tau="x")
    assert "There is no preset best" in said(at) and "reward.tau: found x" in said(at)


def test_filters_shrink_the_table(page: Any) -> None:
    at = page(rollouts__temperature="1", rollouts__from="2", rollouts__split="temperature")
    assert list(table(at, "prompt")["group"]) == ["flat"]
    assert table(at, "part")[["part", "groups"]].values.tolist() == [["all", 1], ["1", 1]]
    next(each for each in at.text_input if each.label == "Group or prompt").set_value("nobody").run()
    assert "No group passes the filters" in said(at) and at.query_params["rollouts.text"] == "nobody"


def test_filters_are_applied_to_columns(log: Path) -> None:
    index = read_log([log])
    found = rewarded(index, DGWGPOReward())

    def names(filters: LogFilters, order: str = "log") -> list[str]:
        rows = ordered(found.groups.columns, filters.mask(index, found), order)
        return [str(name) for name in index.ids.take(rows).to_pylist()]

    assert names(LogFilters()) == ["mixed", "against", "flat", "script"]  # the greedy one is the base
    assert names(LogFilters(temperatures=(0.0,))) == ["base"]
    assert names(LogFilters(text="U2")) == ["against"]  # in the prompt, capitals apart
    assert names(LogFilters(first_step=2)) == ["against", "flat"]  # the last one's step is not known
    assert names(LogFilters(kind="lost")) == ["against"] and names(LogFilters(kind="dropped")) == ["flat"]
    assert names(LogFilters(kind="different")) == ["mixed"]
    assert names(LogFilters(kind="empty")) == ["mixed", "script"]  # Whisper's rules take <...> out
    assert names(LogFilters(), "wide")[0] == "mixed" and names(LogFilters(), "narrow")[0] == "flat"
    assert names(LogFilters(), "tau") == ["against", "mixed", "script", "flat"]  # -1, 1, 1, none


def test_what_is_typed_has_a_reward_at_once(page: Any) -> None:
    at = page(rollouts__group="mixed")
    next(each for each in at.text_area if each.label == "Transcript").set_value(WORKED).run()
    reward, rate = at.metric
    assert (reward.value, rate.value) == ("0.715278", "33.3 %")
    assert at.query_params["rollouts.hypothesis"] == WORKED
    assert "number 2 by reward and number 2 by WER" in said(at)
    letters = [steps[0][1] for _, steps in drawn(at, 2)["columns"]]
    assert letters == ["C", "s", "C", "C", "D", "C"]
    next(each for each in at.text_area if each.label == "Reference").set_value(WORKED).run()
    assert at.metric[0].value == "1.000000" and "Among" not in said(at)
    choose(at, 0, table=1)  # another group begins with its own texts
    assert "rollouts.hypothesis" not in at.query_params
    assert next(each for each in at.text_area if each.label == "Reference").value == MAT


def test_markup_stays_text(page: Any) -> None:
    at = page(rollouts__group="script")
    assert SCRIPT in [text.value for text in at.text]
    assert not any(each.proto.allow_html for each in at.markdown)
    for each in (*at.markdown, *at.caption, *at.subheader):
        assert "<" not in each.value.replace("\\<", "")
    figure = at.get("plotly_chart")[0].proto.spec
    assert "<script" not in figure and "<img" not in figure


def test_without_a_log_the_systems_answers_are_a_group(explorer: Any, runs: Runs) -> None:
    link = {"sample": "u1", "cell": "plain/bad/set/noise"}
    at = explorer(runs.plain, page="rollouts", **link)
    answers = table(at, "r_fine")
    assert set(answers["system"]) == {"good", "bad"}
    bad = answers[answers["system"] == "bad"].iloc[0]
    assert bad["wer"] == pytest.approx(100 * 7 / 9)  # the cat, of nine words
    # R_wer 2/9, R_fine 2/9, R_struc (2/9 + 2/9) / 2: 2/9 whatever the weights
    assert bad["reward"] == pytest.approx(2 / 9)
    at = explorer(runs.plain, page="rollouts", sample="z1", cell="plain/bad/set/noise")
    assert drawn(at)["unit"] == "character"
    next(each for each in at.selectbox if each.label == "Look at").set_value("demo").run()
    assert "An example that comes with asrdiag" in said(at) and len(table(at, "prompt")) == 150


def test_the_case_view_has_rewards_and_leads_here(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases", system="bad", condition="noise", sample="u1")
    assert sorted(table(at, "r_fine")["system"]) == ["bad", "good"]
    at.button(key="case.rewards.more").click().run()
    assert at.title[0].value == "Rollouts" and at.query_params["sample"] == "u1"
    assert sorted(table(at, "r_fine")["system"]) == ["bad", "good"]


def test_an_empty_log_says_what_to_do(explorer: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch()
    at = explorer(Path("--rollouts"), path, page="rollouts")
    assert "holds no group" in said(at) and at.metric[0].value == "0.715278"  # the example to begin with
    at = explorer(Path("--rollouts"), tmp_path / "gone.jsonl", page="rollouts")
    assert "gone.jsonl" in at.expander[0].children[0].value


def test_logs_in_and_beside_a_run_are_found(tmp_path: Path, log: Path) -> None:
    run = tmp_path / "run"
    (run / "rollouts").mkdir(parents=True)
    text = log.read_text()
    for place in (run / "mine.jsonl", run / "rollouts" / "a.jsonl", tmp_path / "b.jsonl"):
        place.write_text(text)
    (run / "errors.jsonl").write_text('{"sample_id": "u1", "rollouts": 3}\n')
    logs, problems = open_logs([], [run])
    assert [each.name for each in logs] == ["mine.jsonl", "a.jsonl", "b.jsonl"] and not problems
    logs, _ = open_logs([log, run / "mine.jsonl"], [])
    assert [(each.name, len(each.files)) for each in logs] == [
        ("together", 2),
        ("rollouts.jsonl", 1),
        ("mine.jsonl", 1),
    ]
    logs, [problem] = open_logs([tmp_path / "gone"], [])
    assert logs[0].demo and "gone" in problem.what


@pytest.mark.parametrize(
    "reward", [DGWGPOReward(), DGWGPOReward.preset("without-gate", clip=True, alpha_s=0)]
)
def test_columns_made_of_counts_are_those_of_the_inspection(reward: DGWGPOReward) -> None:
    [log] = open_logs([Path("demo")], [])[0]
    index = read_log(log.files)
    found = rewarded(index, reward)
    groups = [each.group for each in read_rollouts(log.files[0]) if isinstance(each, FoundGroup)]
    expected = inspect_rollouts(groups, reward).groups
    for name, values in expected.columns.items():
        if name != "base_wer":
            np.testing.assert_allclose(found.groups.columns[name], values, atol=1e-12, err_msg=name)
    rows = ordered(found.groups.columns, LogFilters(kind="against").mask(index, found), "tau")
    assert (np.diff(found.groups.columns["tau_b"][rows]) >= 0).all() and len(rows)
    assert index.group(7) == groups[7] and index.row(groups[40].group, None) == 40


def test_rows_of_other_tools_are_put_together_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "20.jsonl"
    rows = [{"input": "p", "output": text, "gts": MAT, "score": 0.5, "step": 20} for text in (MAT, WORKED)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    index = read_log([path])
    assert [each.transcript for each in index.group(0).rollouts] == [MAT, WORKED]
    assert rewarded(index, DGWGPOReward()).n_different.tolist() == [2]
    path.unlink()
    assert index.group(0).reference == MAT  # a copy, since no line holds it


def test_a_log_that_was_cut_says_so(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    index = read_log([path])
    path.write_text("\n")
    with pytest.raises(AsrdiagError, match="was it changed"):
        index.group(2)


def test_the_parts_of_a_bar_add_up_to_the_reward() -> None:
    texts = [MAT, WORKED, "", SHORT, " ".join(["no"] * 30)]
    found = judged(
        Answers(
            RolloutGroup(
                group="0", reference=MAT, rollouts=tuple(Rollout(transcript=text) for text in texts)
            ),
            tuple("abcde"),
        ),
        DGWGPOReward(),
    )
    np.testing.assert_allclose(sum(found.shares.values()), found.parts["reward"], atol=1e-12)
    assert found.reward_ranks.tolist() == [1, 2, 4, 3, 4] and found.rate_ranks.tolist() == [1, 2, 4, 3, 5]
    assert scale([{"static": -3.0, "fine": 0.1}]) == (-1.0, 1.0) and scale([]) == (0.0, 1.0)


def test_a_training_is_drawn_over_its_steps(explorer: Any, log: Path, page: Any, tmp_path: Path) -> None:
    assert not any(name.startswith("Reward, WER") for name in charts(page()))  # no steps beside the log
    (tmp_path / "rollouts.jsonl").write_bytes(log.read_bytes())
    lines: list[Any] = [
        {"step": 1, "reward": 0.5, "components": {"wer": 0.4}, "empty": 0, "repetition": 0.25},
        {"step": 2, "reward": 9, "components": {"wer": 9}, "empty": 0, "repetition": 0},
        {"step": 3, "reward": None, "components": 7, "empty": "<b>", "repetition": True, "kl": 0.01},
        {"step": 2, "reward": 0.75, "components": {"wer": 0.3}, "empty": 0.5, "repetition": 0, "kl": 0.02},
        *({"step": "4"}, [5], {"stage": "joint"}, {"step": 10**40}),
    ]
    steps = tmp_path / "steps.jsonl"
    steps.write_text("\n".join(json.dumps(line) for line in lines) + '\nno json\n{"step": 5, "rew')
    at = explorer(Path("--rollouts"), tmp_path / "rollouts.jsonl", page="rollouts")
    [figure] = [each for name, each in charts(at).items() if name.startswith("Reward, WER")]
    # Of step 2, taken twice, the last counts; the third says little.
    assert [(trace["x"], trace["y"]) for trace in figure["data"]] == [
        ([0, 1, 2], [0.5, 0.75, None]),
        ([0, 1, 2], [40, 30, None]),
        ([0, 1, 2], [0, 50, None]),
        ([0, 1, 2], [25, 0, None]),
        ([0, 1, 2], [None, 0.02, 0.01]),
    ]
    assert "From steps.jsonl" in said(at).replace("`", "")
    steps.write_text('{"step": 1, "loss": 0.5}\n')  # of another kind of training
    assert read_steps(steps) is None
    assert steps_file([tmp_path / "rollouts.jsonl", log]) is None
