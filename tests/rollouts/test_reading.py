"""Logs of several makers, whole and broken."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asrdiag.errors import AsrdiagError, UsageError
from asrdiag.metrics.rewards.rollouts import RolloutGroup
from asrdiag.rollouts import reading
from asrdiag.rollouts.reading import BadLine, FoundGroup, find_logs, read_group, read_rollouts


def written(path: Path, *records: Any) -> Path:
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in records))
    return path


def groups(path: Path, **fields: str) -> list[RolloutGroup]:
    found = list(read_rollouts(path, fields))
    assert not [each for each in found if isinstance(each, BadLine)]
    return [each.group for each in found if isinstance(each, FoundGroup)]


def said(group: RolloutGroup) -> list[str]:
    return [rollout.transcript for rollout in group.rollouts]


def test_rows_with_the_least_there_can_be(tmp_path: Path) -> None:
    rows = [
        {"group": g, "reference": r, "hypothesis": h}
        for g, r, h in (("a", "x y", "x"), ("b", "z", ""), ("a", "x y", "x y"))
    ]
    found = groups(written(tmp_path / "rows.jsonl", *rows))
    assert [(each.group, each.reference, said(each)) for each in found] == [
        ("b", "z", [""]),  # the least recently added to is given first
        ("a", "x y", ["x", "x y"]),
    ]


def test_trl_writes_parquet_with_messages(tmp_path: Path) -> None:
    """`GRPOTrainer.log` of TRL 1.16.0: completions/completions_00020.parquet."""
    rows = [
        {
            "step": 20,
            "prompt": [{"role": "user", "content": "Transcribe."}],
            "completion": [{"role": "assistant", "content": f"language English<asr_text>{text}"}],
            "DGWGPOReward": reward,
            "reference": reference,
            "advantage": 0.5,
        }
        for text, reward, reference in (
            ("the cat", 1.0, "the cat"),
            ("a cat", 0.4, "the cat"),
            ("x", 1.0, "x"),
        )
    ]
    path = tmp_path / "completions_00020.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    cat, x = groups(path)
    assert (said(cat), cat.reference, cat.step) == (["the cat", "a cat"], "the cat", 20)
    assert [rollout.reward for rollout in cat.rollouts] == [1.0, 0.4]
    assert cat.rollouts[0].raw_output == "language English<asr_text>the cat"
    assert cat.rollouts[0].advantage == 0.5
    assert said(x) == ["x"]


def test_verl_writes_a_file_for_each_step(tmp_path: Path) -> None:
    """`_dump_generations` of verl 0.9.1: one file for each step, the reward's extra keys as columns."""
    for step in (9, 10):
        rows = [
            {
                "input": "user\nassistant\n",
                "output": f"<asr_text>{text}",
                "gts": gts,
                "score": 0.5,
                "step": step,
                "wer": 0.25,
                "uid": f"clip_{prompt}_{rollout}_0",
            }
            for prompt, rollout, gts, text in ((7, 0, "a b", "a"), (7, 1, "a b", "b"), (8, 0, "a b", "a b"))
        ]
        written(tmp_path / f"{step}.jsonl", *rows)
    files = find_logs([tmp_path])
    assert [path.name for path in files] == ["9.jsonl", "10.jsonl"]
    found = [group for path in files for group in groups(path)]
    assert [(each.group, each.step, said(each)) for each in found] == [
        ("clip_7", 9, ["a", "b"]),
        ("clip_8", 9, ["a b"]),
        ("clip_7", 10, ["a", "b"]),
        ("clip_8", 10, ["a b"]),
    ]
    assert found[0].rollouts[0].components == {"wer": 0.25}
    # Without uid, as its other trainer writes: all prompts are the same text, the references tell them apart.
    rows = [{"input": "p", "output": "a", "gts": gts, "score": 0.5, "step": 1} for gts in ("a", "b", "a")]
    assert [len(each.rollouts) for each in groups(written(tmp_path / "1.jsonl", *rows))] == [1, 2]


def test_ms_swift_writes_a_table_to_a_line(tmp_path: Path) -> None:
    """`log` of ms-swift 4.6.0's GRPOTrainer: completions.jsonl."""
    tables = [
        {
            "step": [str(step)] * 3,
            "prompt": ["p"] * 3,
            "completion": ["the cat", "a cat", "x"],
            "DGWGPOReward": [1.0, float("nan"), 1.0],
            "advantages": [0.7, -0.7, 0.0],
            "solution": ["the cat", "the cat", "x"],
        }
        for step in (1, 2)
    ]
    found = groups(written(tmp_path / "completions.jsonl", *tables))
    assert [(each.step, said(each)) for each in found] == [
        (1, ["the cat", "a cat"]),
        (1, ["x"]),
        (2, ["the cat", "a cat"]),
        (2, ["x"]),
    ]
    assert [rollout.reward for rollout in found[0].rollouts] == [1.0, None]
    assert [rollout.advantage for rollout in found[0].rollouts] == [0.7, -0.7]


def test_columns_of_ones_own(tmp_path: Path) -> None:
    row = {"Prompt_No": 3, "text_out": "a", "gold": "b", "cut": True, "T": "0.7", "clip": {"path": "a.wav"}}
    path = written(tmp_path / "rows.jsonl", row)
    names = {"group": "Prompt_No", "transcript": "text_out", "reference": "gold", "truncated": "cut"}
    [group] = groups(path, **names, temperature="T", audio="clip")
    assert (group.group, group.temperature, group.audio) == ("3", 0.7, "a.wav")
    assert group.rollouts[0].finish_reason == "length"
    with pytest.raises(
        UsageError, match=r"unknown field 'refrence' \(did you mean 'reference'\?\); known: tr"
    ):
        groups(path, refrence="gold")


def test_temperatures_and_steps_part_groups(tmp_path: Path) -> None:
    row = {"sample_id": "s", "reference": "a", "transcript": "a", "language": "English"}
    rows = [row | {"temperature": t, "step": s} for t in (0.5, 0.7) for s in (1, 2) for _ in range(2)]
    found = groups(written(tmp_path / "rows.jsonl", *rows))
    assert [(each.temperature, each.step, len(each.rollouts)) for each in found] == [
        (0.5, 1, 2),
        (0.5, 2, 2),
        (0.7, 1, 2),
        (0.7, 2, 2),
    ]
    assert {each.language for each in found} == {"en"}


GOOD = {"group": "a", "reference": "x", "hypothesis": "x"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "found '{', expected a JSON object"),
        ("[]", "found list, expected a JSON object"),
        ("\x00", "expected a JSON object"),
        ({"hypothesis": "x"}, "found the columns hypothesis, expected one of reference, reference_raw"),
        ({"reference": "x"}, "expected one of transcript, hypothesis, hypothesis_raw, pred_text, raw_output"),
        (GOOD | {"hypothesis": None}, "expected one of transcript"),
        (GOOD | {"reference": "y"}, "the reference of group 'a' is 'y', but on line 1 it is 'x'"),
        (GOOD | {"step": "soon"}, "step is 'soon', expected a number"),
        (GOOD | {"step": 1.5}, "step is 1.5, expected a whole number"),
        (GOOD | {"step": 10**400}, "step is 1000.*, expected a number"),
        (GOOD | {"reward": 1e300}, "reward is 1e.300 .float., expected a finite number up to 1e.100"),
        (GOOD | {"reward": [1]}, "reward is .1. .list., expected a number"),
        ({"group": "b", "reference": "x", "hypothesis": "\ud83d"}, "transcript holds half a surrogate pair"),
        ({"completion": ["a", "b"], "solution": ["a"]}, "found columns of 1 and 2 rows"),
        ({"rollouts": [], "group": "g", "reference": "x"}, "rollouts is empty"),
        ({"rollouts": 3, "group": "g", "reference": "x"}, "rollouts is 3, expected a list of objects"),
        (
            {"group": "b", "reference": "x", "hypothesis": "x", "lang": "Klingon"},
            "'Klingon' is not a language",
        ),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(tmp_path: Path, line: Any, reason: str) -> None:
    path = written(tmp_path / "rows.jsonl", GOOD, line, "", GOOD | {"hypothesis": "y"})
    found = list(read_rollouts(path))
    [bad] = [each for each in found if isinstance(each, BadLine)]
    assert (bad.path, bad.line, bad.torn) == (path, 2, False)
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(bad)
    assert [said(each.group) for each in found if isinstance(each, FoundGroup)] == [["x", "y"]]


def test_a_last_line_without_an_end_is_whole_if_it_is_json(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(GOOD))
    assert len(groups(path)) == 1
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD)[:-3])
    assert [isinstance(each, BadLine) and each.torn for each in read_rollouts(path)] == [True, False]


def test_rows_far_apart_are_refused_rather_than_parted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "HELD_ROWS", 3)
    names = ["a", "b", "a", "d", "d", "d", "e", "a"]  # the fourth row drives b out, the fifth a
    rows = [{"group": name, "reference": "x", "hypothesis": name} for name in names]
    found = list(read_rollouts(written(tmp_path / "rows.jsonl", *rows)))
    parts = [(each.group.group, len(each.group.rollouts)) for each in found if isinstance(each, FoundGroup)]
    assert sorted(parts) == [("a", 2), ("b", 1), ("d", 3), ("e", 1)]
    [bad] = [each for each in found if isinstance(each, BadLine)]
    assert bad.line == 8
    assert "a rollout of the group 'a', whose others lie more than 3 rows before" in str(bad)


def test_files_that_are_not_there_or_no_tables(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing.jsonl: no such file; expected a rollout log"):
        find_logs([tmp_path / "nothing.jsonl"])
    with pytest.raises(UsageError, match=r"found no file that ends in .jsonl or .parquet"):
        find_logs([tmp_path])
    broken = written(tmp_path / "a.parquet", "not Parquet")
    with pytest.raises(UsageError, match="cannot be read as Parquet"):
        list(read_rollouts(broken))
    with pytest.raises(AsrdiagError, match="no group begins at byte 3"):
        read_group(broken, 3)


def test_the_packaged_log_has_greedy_and_sampled_answers_to_the_same_prompts() -> None:
    [path] = find_logs([Path("demo")])
    found = groups(path)
    by_temperature: dict[float | None, set[str | None]] = {}
    for each in found:
        by_temperature.setdefault(each.temperature, set()).add(each.sample_id)
        assert len(each.rollouts) == (1 if each.temperature == 0 else 8)
    assert list(by_temperature) == [0.0, 0.3, 0.5, 0.7, 1.0, 1.3]
    assert len({frozenset(prompts) for prompts in by_temperature.values()}) == 1
