import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pydantic import ValidationError

from asrdiag.errors import UsageError
from asrdiag.simulation import CONDITIONS, SCENARIOS, Condition, degrade, recreate
from asrdiag.simulation.base import Samples
from asrdiag.simulation.severity import MAPPING_NAMES, MAPPINGS
from asrdiag.suite import load_suite, packaged_suites

from .conftest import Corpus

RATE = 16_000


def parsed(kind: str, **keys: Any) -> Any:
    entry = {"id": "kitchen", "kind": kind, "severity": 0.5, **keys}
    return CONDITIONS.load(kind).model_validate_json(json.dumps(entry))


def conditions(kind: str, **keys: Any) -> tuple[Condition, ...]:
    found: tuple[Condition, ...] = parsed(kind, **keys).expand()
    return found


def test_ids_and_attributes() -> None:
    found = conditions("scenario", scenario="far_field", severity=[0, 0.25, 1])
    assert [c.id for c in found] == ["kitchen.m000", "kitchen.m025", "kitchen.m100"]
    assert {c.base_id for c in found} == {"kitchen"}
    assert [c.severity for c in found] == [0, 0.25, 1]
    assert all(c.snr_db is None and not c.keeps_audio() and not c.draws_on_pool() for c in found)
    (drawn,) = conditions("scenario", scenario="far_field", severity={"mapping": "gaussian-mid"})
    assert (drawn.id, drawn.base_id, drawn.severity) == ("kitchen.gaussian-mid", "kitchen", None)


def test_sets_of_scenarios_go_by_their_own_names() -> None:
    found = conditions("scenarios", scenarios="all")
    assert [c.id for c in found] == [f"{name}.m050" for name in SCENARIOS]
    assert [c.base_id for c in found] == list(SCENARIOS)
    assert len(conditions("scenarios", scenarios="single", severity=[0, 0.5])) == 14
    pair = conditions("scenarios", scenarios=["echo", "noise-dropout"], severity={"mapping": "linear"})
    assert [c.id for c in pair] == ["echo.linear", "noise-dropout.linear"]


def test_a_condition_does_what_degrade_does(corpus: Corpus, clean: Samples) -> None:
    source = corpus.source(3, seed=8)
    (condition,) = conditions("scenario", id="noise-dropout", scenario="noise-dropout", severity=0.3)
    found = condition.apply(clean, RATE, source)
    expected, record = degrade(clean, RATE, "noise-dropout", 0.3, 8, sample_id="sp03")
    assert found.samples.tobytes() == expected.tobytes()
    assert found.record == {"kind": "scenario", **record}
    there = pickle.loads(pickle.dumps(condition))
    assert there.identity() == condition.identity()
    assert there.apply(clean, RATE, source).samples.tobytes() == expected.tobytes()


@pytest.mark.parametrize("mapping", MAPPING_NAMES)
def test_severity_drawn_for_each_clip(corpus: Corpus, clean: Samples, mapping: str) -> None:
    (condition,) = conditions("scenario", scenario="dropout", severity={"mapping": mapping})
    found = []
    for index in range(10):
        degraded = condition.apply(clean, RATE, corpus.source(index))
        record = degraded.record
        x, severity = record["severity_draw"], record["severity"]
        assert isinstance(x, float)
        assert record["severity_mapping"] == mapping
        assert severity == MAPPINGS[mapping](x)
        assert recreate(clean, RATE, json.loads(json.dumps(record))).tobytes() == degraded.samples.tobytes()
        found.append(x)
    assert len(set(found)) == 10
    # The same x whatever the mapping: it is drawn by the condition's base id.
    (linear,) = conditions("scenario", scenario="dropout", severity={"mapping": "linear"})
    assert linear.apply(clean, RATE, corpus.source(9)).record["severity"] == found[9]


def test_a_sweep_changes_severity_and_nothing_else(corpus: Corpus, clean: Samples) -> None:
    maps = []
    for condition in conditions("scenario", scenario="dropout", severity=[0, 0.25]):
        steps: Any = condition.apply(clean, RATE, corpus.source()).record["steps"]
        maps.append(np.array(list(steps[0]["frame_map"])))
    hit = maps[0] != "."
    assert (maps[1][hit] != ".").mean() > 0.9  # independent draws would share a fifth


def test_the_noise_of_a_scenario(corpus: Corpus, clean: Samples, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "street.wav", 0.1 * np.random.RandomState(0).standard_normal(RATE * 9), RATE)
    names = []
    for noise in ("white", "babble", {"folder": str(tmp_path)}):
        (condition,) = conditions("scenario", scenario="far_field-noise", noise=noise)
        assert condition.draws_on_pool() == (noise == "babble")
        steps: Any = condition.apply(clean, RATE, corpus.source()).record["steps"]
        names.append(steps[3]["noise"]["noise"])
    assert names == ["white", "babble", "folder"]
    (four,) = conditions("scenario", scenario="noise", noise="babble", talkers=4)
    steps = four.apply(clean, RATE, corpus.source()).record["steps"]
    assert len(steps[0]["noise"]["talkers"]) == 4


def test_measured_rooms(corpus: Corpus, clean: Samples, tmp_path: Path) -> None:
    response = np.zeros(800)
    response[[100, 500]] = 1, 0.5
    soundfile.write(tmp_path / "room.wav", response, RATE, subtype="FLOAT")
    (condition,) = conditions("scenario", scenario="far_field", room={"folder": str(tmp_path)})
    steps: Any = condition.apply(clean, RATE, corpus.source()).record["steps"]
    assert steps[0]["room"]["room_file"] == "room.wav"
    assert steps[1]["primitive"] == "lowpass"
    room: Any = condition.identity()["room"]
    assert room["files"] == 1


def test_the_identity_holds_what_can_change_the_audio_and_no_more() -> None:
    def identity(**keys: Any) -> Any:
        return conditions("scenario", **keys)[0].identity()

    base = {"scenario": "far_field-noise"}
    first = identity(**base)
    for changed in (
        {"id": "other"},
        {"scenario": "echo-noise"},
        {"severity": 0.51},
        {"severity": {"mapping": "linear"}},
        {"scenario": "noise", "merge": "literal"},  # no other step, but no guard against clipping either
        {"noise": "babble"},
    ):
        assert identity(**(base | changed)) != first, changed
    assert identity(**base, noise="pink") == first
    (far, _) = conditions("scenarios", scenarios=["far_field", "noise"], noise="pink")
    (same, _) = conditions("scenarios", scenarios=["far_field", "noise"], noise="babble")
    assert far.identity() == same.identity()  # there is no noise in it
    assert {"primitive": "loudness", "target_lufs": -32.5} in far.identity()["steps"]  # type: ignore[operator]
    json.dumps(first, allow_nan=False)


@pytest.mark.parametrize(
    ("kind", "keys", "message"),
    [
        ("scenario", {"scenario": "far_feld"}, "unknown scenario 'far_feld' .did you mean 'far_field'"),
        ("scenario", {"scenario": "noise", "severity": 1.01}, "less than or equal to 1"),
        ("scenario", {"scenario": "noise", "severity": 0.125}, "steps of 0.01"),
        ("scenario", {"scenario": "noise", "severity": [0.5, 0.5]}, "0.5 is listed twice"),
        ("scenario", {"scenario": "noise", "severity": {"mapping": "cubic"}}, "'linear', 'sqrt-forward'"),
        ("scenario", {"scenario": "noise", "severity": {"map": "linear"}}, "Field required"),
        ("scenario", {"scenario": "noise", "merge": "fool"}, "'standard', 'literal' or 'full'"),
        ("scenario", {"scenario": "noise", "talkers": 3}, "'talkers' is only for noise: babble"),
        ("scenario", {"scenario": "echo", "noise": "pink"}, "'noise' changes nothing here"),
        ("scenario", {"scenario": "noise", "room": {"folder": "rooms"}}, "'room' changes nothing here"),
        ("scenario", {"scenario": "noise", "noise": "pinc"}, "found 'pinc', expected one of white"),
        ("scenarios", {"scenarios": "some"}, "found 'some', expected all, single or a list"),
        ("scenarios", {"scenarios": []}, "at least 1 item"),
        ("scenarios", {"scenarios": ["echo", "echo"]}, "'echo' is listed twice"),
        ("scenarios", {"scenarios": ["echo", "ekko"]}, "unknown scenario 'ekko'; known: noise, far"),
        ("scenarios", {"scenarios": 3}, "valid array"),
    ],
)
def test_entries_that_are_refused(kind: str, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        parsed(kind, **keys)


def test_a_suite_is_told_which_key_is_wrong(tmp_path: Path) -> None:
    # `scenario` is the name of a kind and of one of its keys.
    path = tmp_path / "bad.yaml"
    path.write_text(
        """name: bad
systems: [{id: moonshine-tiny, engine: moonshine}]
datasets: [{id: demo, loader: demo}]
conditions:
  - {id: a, kind: scenario, scenario: far_feld, severity: 0.5}
  - {id: b, kind: scenario, scenario: echo, severity: {mapping: lin}}
"""
    )
    with pytest.raises(UsageError) as raised:
        load_suite(path)
    first, second = str(raised.value).splitlines()
    assert first.endswith(
        "bad.yaml:5: conditions[0].scenario: unknown scenario 'far_feld' (did you mean 'far_field'?); known: "
        "noise, far_field, obstructed, echo, recording, distortion, dropout, and 47 that join them by '-'"
    )
    assert "bad.yaml:6: conditions[1].severity.mapping: found 'lin', expected 'linear'" in second


def test_a_missing_folder_is_said_before_anything_runs(tmp_path: Path) -> None:
    gone = {"folder": str(tmp_path / "gone")}
    for keys in ({"scenario": "noise", "noise": gone}, {"scenario": "echo", "room": gone}):
        assert "gone does not exist" in str(parsed("scenario", **keys).missing())
    assert parsed("scenario", scenario="echo").missing() is None


def test_the_packaged_suites_of_the_simulator() -> None:
    suites = packaged_suites()
    found = load_suite(suites["vitw-sim"])
    assert [c.id for c in found.conditions] == ["as_recorded", *(f"{name}.m050" for name in SCENARIOS)]
    found = load_suite(suites["severity"])
    levels = ("m000", "m025", "m050", "m075", "m100")
    singles = [name for name in SCENARIOS if "-" not in name]
    assert [c.id for c in found.conditions] == [
        "as_recorded",
        *(f"{name}.{level}" for name in singles for level in levels),
    ]
