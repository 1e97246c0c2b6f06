import json
from typing import Any

import pytest
from pydantic import ValidationError

from asrdiag.simulation import CONDITIONS, SCENARIOS, recreate
from asrdiag.simulation.base import Samples
from asrdiag.simulation.chain import MERGES, Merge, chain_of
from asrdiag.simulation.effects import EFFECTS
from asrdiag.simulation.scenario_condition import ScenarioCondition
from asrdiag.simulation.scenario_spec import SETS
from asrdiag.simulation.vary import Vary, parameters_of, value_at, values_at
from asrdiag.suite import load_suite, packaged_suites

from .conftest import Corpus

RATE = 16_000
EVERY_ONE = [
    (name, parameter) for name in SETS["single"] for parameter in parameters_of(SCENARIOS[name], "standard")
]

SETTINGS = {name for effect in EFFECTS.values() for step in effect.steps for name in step.parameters} - {
    "noise"
}
"""The names of parameters, to tell them from what else steps record."""


def parsed(kind: str = "scenario", **keys: Any) -> Any:
    entry = {"id": "room", "kind": kind, "severity": [0, 1], **keys}
    return CONDITIONS.load(kind).model_validate_json(json.dumps(entry))


def conditions(kind: str = "scenario", **keys: Any) -> tuple[ScenarioCondition, ...]:
    found: tuple[ScenarioCondition, ...] = parsed(kind, **keys).expand()
    return found


def test_what_can_be_varied_is_what_the_table_gives_a_range() -> None:
    found = [
        f"{effect.name}.{step.primitive}.{name}"
        for effect in EFFECTS.values()
        for step in effect.steps
        for name, parameter in step.parameters.items()
        if parameter.at(0.0) != parameter.at(1.0)
    ]
    assert [parameter for _, parameter in EVERY_ONE] == found
    assert (
        len(found) == 28
    )  # noise 1, far_field 5, obstructed 4, echo 7, recording 6, distortion 3, dropout 2
    # Core ones: 1 + 3 + 2 + 3 + 4 + 2 + 1.
    assert sum(len(parameters_of(SCENARIOS[name], "standard", core=True)) for name in SETS["single"]) == 16


def test_of_a_compound_only_steps_that_merging_keeps_can_be_varied() -> None:
    pair = parameters_of(SCENARIOS["far_field-recording"], "standard")
    assert "far_field.lowpass.cutoff_hz" in pair
    assert "recording.lowpass.cutoff_hz" not in pair  # all filters are one primitive, and far_field has it
    assert "recording.lowpass.cutoff_hz" in parameters_of(SCENARIOS["far_field-recording"], "full")
    five = parameters_of(SCENARIOS["echo-recording-distortion-dropout-noise"], "standard")
    assert "recording.resample.gate" not in five  # closed over all of their range
    assert {"recording.add_noise.noise_db", "noise.add_noise.noise_db"} <= set(five)


@pytest.mark.parametrize("name", ["far_field", "recording-noise", "echo-recording-distortion-dropout-noise"])
@pytest.mark.parametrize("merge", MERGES)
def test_one_parameter_follows_severity_and_no_other(name: str, merge: Merge) -> None:
    scenario = SCENARIOS[name]
    chain, ranges = chain_of(scenario, merge), scenario.ranges
    for parameter in parameters_of(scenario, merge):
        vary = Vary(parameter, rest=0.3)
        for link in chain:
            found = values_at(link, ranges, 0.9, vary)
            stays, follows = (values_at(link, ranges, m, None) for m in (0.3, 0.9))
            for key, value in found.items():
                varied = parameter == f"{link.effect}.{link.step.primitive}.{key}"
                assert value == (follows if varied else stays)[key], (parameter, link, key)


def test_its_value_is_that_of_the_table() -> None:
    # Down from 4500 to 3500 Hz; of pairs at positions from -0.6 to 0.4, so m = 0.5 is at -0.1, which is a
    # tenth of the way from 4500 to the mildest 7000.
    alone, pair = SCENARIOS["far_field"], SCENARIOS["far_field-noise"]
    vary = Vary("far_field.lowpass.cutoff_hz")
    assert [value_at(alone, "standard", m, vary) for m in (0, 0.25, 1)] == [4500, 4250, 3500]
    assert value_at(pair, "standard", 0.5, vary) == pytest.approx(4750)


@pytest.mark.parametrize(("name", "parameter"), EVERY_ONE)
def test_the_record_of_a_varied_parameter_makes_the_clip_again(
    corpus: Corpus, clean: Samples, name: str, parameter: str
) -> None:
    source = corpus.source(2, seed=5)
    easy, hard = conditions(id=name, scenario=name, vary=parameter)
    records = []
    for condition in (easy, hard):
        degraded = condition.apply(clean, RATE, source)
        record = json.loads(json.dumps(degraded.record))
        assert (record["vary"], record["rest"], record["base_id"]) == (parameter, 0, name)
        assert recreate(clean, RATE, record).tobytes() == degraded.samples.tobytes()
        records.append(record)
    (together,) = conditions(id=name, scenario=name, severity=0)
    # Where all are at their easy ends, it does not matter which one is meant to leave it.
    expected = together.apply(clean, RATE, source)
    assert easy.apply(clean, RATE, source).samples.tobytes() == expected.samples.tobytes()
    changed = {
        f"{step['effect']}.{step['primitive']}.{key}"
        for step, other in zip(*(record["steps"] for record in records), strict=True)
        for key in SETTINGS & step.keys()
        if step[key] != other[key]
    }
    assert changed == {parameter}


def test_all_parameters_draw_the_same_and_meet_where_the_others_stay(corpus: Corpus, clean: Samples) -> None:
    source = corpus.source(1, seed=3)
    keys: dict[str, Any] = {"id": "cafe", "scenario": "far_field-dropout", "severity": 0.4}
    (together,) = conditions(**keys)
    expected = together.apply(clean, RATE, source).samples.tobytes()
    found = conditions(**keys, vary="all", rest=0.4)
    assert len(found) == 7
    assert {condition.base_id for condition in found} == {"cafe"}
    assert all(condition.apply(clean, RATE, source).samples.tobytes() == expected for condition in found)


def test_the_loudness_that_merging_repeats_is_one_parameter(corpus: Corpus, clean: Samples) -> None:
    (condition,) = conditions(
        scenario="far_field-dropout", vary="far_field.loudness.target_lufs", severity=1, rest=0
    )
    steps: Any = condition.apply(clean, RATE, corpus.source()).record["steps"]
    targets = [step["target_lufs"] for step in steps if step["primitive"] == "loudness"]
    # At position 0.4: from -27 four tenths of the way to -38.
    assert targets == pytest.approx([-31.4, -31.4])


def test_ids_say_what_is_varied_and_base_ids_do_not() -> None:
    found = conditions(scenario="far_field", vary="far_field.reverb.room_size")
    assert [c.id for c in found] == ["room.reverb.room_size.m000", "room.reverb.room_size.m100"]
    assert [c.severity for c in found] == [0, 1]
    assert {c.base_id for c in found} == {"room"}
    (pair, _) = conditions(scenario="recording-noise", vary="noise.add_noise.noise_db")
    assert pair.id == "room.noise.add_noise.noise_db.m000"
    several = conditions("scenarios", scenarios=["dropout", "noise"], vary="core", severity=0.5)
    assert [c.id for c in several] == ["dropout.stutter.probability.m050", "noise.add_noise.noise_db.m050"]
    mixed = conditions(
        scenario="dropout",
        vary=["dropout.stutter.longest", "core"],
        severity=1,
    )
    assert [c.id for c in mixed] == ["room.stutter.longest.m100", "room.stutter.probability.m100"]


def test_parameters_of_several_scenarios_go_to_those_that_have_them() -> None:
    found = conditions(
        "scenarios",
        scenarios=["far_field", "dropout"],
        vary=["dropout.stutter.longest", "far_field.reverb.damping"],
        severity=0.5,
    )
    assert [c.id for c in found] == ["far_field.reverb.damping.m050", "dropout.stutter.longest.m050"]


def test_the_identity_says_which_parameter_and_where_the_others_stay() -> None:
    first, last = (
        condition.identity()
        for condition in conditions(scenario="obstructed", vary="obstructed.lowpass.cutoff_hz", rest=0.25)
    )
    assert first["vary"] == {"parameter": "obstructed.lowpass.cutoff_hz", "value": 2000.0, "rest": 0.25}
    assert last["vary"] == {"parameter": "obstructed.lowpass.cutoff_hz", "value": 1500.0, "rest": 0.25}
    lowpass: Any = last["steps"]
    assert lowpass[0] == {"primitive": "lowpass", "cutoff_hz": 1500.0, "passes": 2, "wet": 0.9}
    (together, _) = conditions(scenario="obstructed")
    assert "vary" not in together.identity()  # finished results of other suites stay what they are


def test_measured_rooms_leave_the_algorithmic_one_nothing_to_vary(tmp_path: Any) -> None:
    room = {"folder": str(tmp_path)}
    core = parsed(scenario="far_field", vary="core", room=room).varied("far_field")
    assert [vary.parameter for vary in core] == [
        "far_field.lowpass.cutoff_hz",
        "far_field.loudness.target_lufs",
    ]
    with pytest.raises(ValidationError, match=r"unknown parameter 'far_field\.reverb\.room_size'"):
        parsed(scenario="far_field", vary="far_field.reverb.room_size", room=room)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"rest": 0.5}, "'rest' is only with 'vary'"),
        ({"vary": "far_field.reverb.room", "rest": 2}, "less than or equal to 1"),
        ({"vary": []}, "at least 1 item"),
        ({"vary": ["core", "core"]}, "'core' is listed twice"),
        (
            {"vary": "core", "severity": {"mapping": "linear"}},
            "takes severities, one or a list; found a mapping",
        ),
        (
            {"vary": "far_field.reverb.roomsize"},
            "'far_field.reverb.roomsize' .did you mean 'far_field.reverb.room_size'.*known: core, all, far_f",
        ),
        ({"vary": "far_field.reverb.dry_level"}, "unknown parameter 'far_field.reverb.dry_level'"),
        ({"vary": 3}, "valid array"),
    ],
)
def test_entries_that_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        parsed(**{"scenario": "far_field", **keys})


def test_a_scenario_without_any_of_the_parameters_is_refused() -> None:
    with pytest.raises(
        ValidationError, match=r"'vary' names no parameter of 'noise'; known: noise\.add_noise"
    ):
        parsed("scenarios", scenarios=["echo", "noise"], vary="echo.echo.mix")


def test_the_packaged_suite_varies_every_parameter() -> None:
    found = load_suite(packaged_suites()["parameters"])
    curves = [condition.id.rpartition(".")[0] for condition in found.conditions[::5]]
    assert curves == [parameter for _, parameter in EVERY_ONE]
    assert len(found.conditions) == 5 * len(EVERY_ONE)
