import json
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.audio import sha256_of
from asrdiag.errors import UsageError
from asrdiag.simulation import SCENARIOS, degrade, recreate
from asrdiag.simulation.babble import Babble
from asrdiag.simulation.base import Samples, Source
from asrdiag.simulation.chain import MERGES, Merge
from asrdiag.simulation.degradation import CEILING, degrade_from
from asrdiag.simulation.noise_choice import noise_source
from asrdiag.simulation.primitives import loudness_lufs
from asrdiag.simulation.scenario_spec import SETS
from asrdiag.simulation.scenarios import SINGLE
from asrdiag.spec import Json

from .conftest import Corpus

RATE = 16_000
FIVE = "far_field-recording-distortion-dropout-noise"


def step(record: dict[str, Json], primitive: str) -> dict[str, Json]:
    steps = record["steps"]
    assert isinstance(steps, list)
    return next(found for found in steps if found["primitive"] == primitive)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_gives_a_clip_and_a_record_that_makes_it_again(clean: Samples, name: str) -> None:
    before = clean.tobytes()
    for severity in (0.0, 0.62):
        found, record = degrade(clean, RATE, name, severity, 11, sample_id="sp01")
        assert found.dtype == np.float32
        assert found.shape == clean.shape
        assert np.isfinite(found).all()
        assert np.abs(found).max() <= CEILING + 1e-6
        assert not np.array_equal(found, clean)
        kept = json.loads(json.dumps(record, allow_nan=False))
        assert recreate(clean, RATE, kept).tobytes() == found.tobytes()
        assert (kept["scenario"], kept["severity"], kept["base_id"]) == (name, severity, name)
    assert clean.tobytes() == before


@pytest.mark.parametrize("name", ["noise", "noise-dropout", FIVE])
@pytest.mark.parametrize("merge", MERGES)
def test_merged_in_any_way_it_can_be_made_again(clean: Samples, name: str, merge: Merge) -> None:
    found, record = degrade(clean, RATE, name, 0.5, 3, merge=merge)
    assert recreate(clean, RATE, json.loads(json.dumps(record))).tobytes() == found.tobytes()
    steps = record["steps"]
    assert isinstance(steps, list)
    assert steps[-1]["primitive"] == (
        "loudness" if merge != "literal" or name == "noise" else steps[-1]["primitive"]
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_loudness_at_the_end_is_the_first_effects(clean: Samples, name: str) -> None:
    found, record = degrade(clean, RATE, name, 0.5, 0)
    steps = record["steps"]
    assert isinstance(steps, list)
    if record["guard_gain"] == 1.0:
        assert loudness_lufs(found, RATE) == pytest.approx(steps[-1]["target_lufs"], abs=1e-4)
    else:
        assert np.abs(found).max() == pytest.approx(CEILING, abs=1e-6)


@pytest.mark.parametrize("severity", [0.0, 0.3, 1.0])
def test_the_snr_of_the_noise_is_the_one_recorded(clean: Samples, severity: float) -> None:
    found, record = degrade(clean, RATE, "noise", severity, 0)
    gain = step(record, "loudness")["gain"]
    assert isinstance(gain, float)
    guard = record["guard_gain"]
    assert isinstance(guard, float)
    speech = clean.astype(np.float64) * gain * guard
    snr_db = 10 * np.log10(np.mean(speech**2) / np.mean((found - speech) ** 2))
    assert snr_db == pytest.approx(-(-5 + 15 * severity), abs=0.05)  # noise_db from -5 to 10
    assert step(record, "add_noise")["noise_db"] == pytest.approx(-5 + 15 * severity)


def test_seed_clip_and_condition_change_the_draws_and_severity_does_not(clean: Samples) -> None:
    def noise(**keys: object) -> np.ndarray:
        given = {"seed": 1, "sample_id": "a", "severity": 0.5} | keys
        found, record = degrade(clean, RATE, "noise", **given)  # type: ignore[arg-type]
        gain, guard = step(record, "loudness")["gain"], record["guard_gain"]
        assert isinstance(gain, float)
        assert isinstance(guard, float)
        left = found.astype(np.float64) - clean * gain * guard
        return left / np.sqrt(np.mean(left**2))

    np.testing.assert_allclose(noise(severity=0.0), noise(severity=1.0), atol=2e-4)
    first = noise()
    for other in ({"seed": 2}, {"sample_id": "b"}, {"base_id": "kitchen"}):
        assert abs(np.corrcoef(first, noise(**other))[0, 1]) < 0.2


def test_the_two_noises_of_a_chain_are_different_noises(clean: Samples) -> None:
    white = noise_source("white")
    _, record = degrade(clean, RATE, "recording-noise", 0.5, 0, noise=white)
    steps = record["steps"]
    assert isinstance(steps, list)
    noises = [found for found in steps if found["primitive"] == "add_noise"]
    assert [found["source"] for found in noises] == ["white", "background"]
    assert [found["effect"] for found in noises] == ["recording", "noise"]


IN_ANOTHER_PROCESS = """
import json, sys
import numpy as np
from asrdiag.audio import sha256_of
from asrdiag.simulation import degrade

names, rate = json.loads(sys.argv[1])
clips = [(0.1 * np.random.RandomState(k).standard_normal(rate)).astype(np.float32) for k in range(2)]
found = {}
for name in reversed(names):
    for index in (1, 0):
        samples, _ = degrade(clips[index], rate, name, 0.7, 5, sample_id=f"clip{index}")
        found[f"{name} {index}"] = sha256_of(samples, rate)
sys.stdout.write(json.dumps(found))
"""


@pytest.mark.parametrize("python", [False, True], ids=["as here", "without the kernel"])
def test_the_same_in_any_order_and_process_with_and_without_the_kernel(python: bool) -> None:
    names = [*SETS["single"], FIVE]
    clips = [(0.1 * np.random.RandomState(k).standard_normal(RATE)).astype(np.float32) for k in range(2)]
    here = {
        f"{name} {index}": sha256_of(degrade(clip, RATE, name, 0.7, 5, sample_id=f"clip{index}")[0], RATE)
        for name in names
        for index, clip in enumerate(clips)
    }
    environment = {"PYTHONHASHSEED": "77", "PYTHONPATH": ":".join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, json.dumps([names, RATE])],
        env=environment | ({"ASRDIAG_PURE_PYTHON": "1"} if python else {}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ended.stdout) == here


CLIPS: dict[str, Callable[[int], Samples]] = {
    "10 ms": lambda rate: (0.1 * np.random.RandomState(0).standard_normal(rate // 100)).astype(np.float32),
    "one sample": lambda rate: np.full(1, 0.3, np.float32),
    "silence": lambda rate: np.zeros(rate // 2, np.float32),
    "DC": lambda rate: np.full(rate // 2, 0.5, np.float32),
    "clipped": lambda rate: np.sign(np.sin(np.arange(rate // 2) / 9)).astype(np.float32),
    "nearly silent": lambda rate: np.full(rate // 2, 1e-38, np.float32),
}


@pytest.mark.parametrize("shape", CLIPS)
@pytest.mark.parametrize("rate", [4_000, 8_000, 16_000, 44_100])
@pytest.mark.parametrize(
    "name",
    [*SETS["single"], "obstructed-recording-distortion", "echo-recording-dropout-noise", FIVE],
)
def test_any_clip_gives_a_finite_clip_with_no_cutoff_above_nyquist(name: str, rate: int, shape: str) -> None:
    clip = CLIPS[shape](rate)
    clip.flags.writeable = False
    for severity in (0.0, 1.0):
        for merge in MERGES:
            found, record = degrade(clip, rate, name, severity, 0, merge=merge)  # type: ignore[arg-type]
            assert found.shape == clip.shape
            assert np.isfinite(found).all()
            assert merge == "literal" or np.abs(found).max() <= CEILING + 1e-6
            steps = record["steps"]
            assert isinstance(steps, list)
            assert all(found.get("cutoff_hz", 0) <= rate / 2 for found in steps)
            assert (
                recreate(clip, rate, json.loads(json.dumps(record, allow_nan=False))).tobytes()
                == found.tobytes()
            )
    if shape == "silence":
        assert not found.any()


def test_a_cutoff_above_nyquist_is_lowered_and_said() -> None:
    clip = (0.1 * np.random.RandomState(0).standard_normal(8000)).astype(np.float32)
    _, record = degrade(clip, 8000, "far_field", 0.0, 0)
    assert step(record, "lowpass")["cutoff_hz"] == 4000.0
    assert step(record, "lowpass")["cutoff_asked_hz"] == 4500.0
    _, record = degrade(clip, 16_000, "far_field", 0.0, 0)
    assert step(record, "lowpass")["cutoff_hz"] == 4500.0
    assert "cutoff_asked_hz" not in step(record, "lowpass")


@pytest.mark.parametrize(
    ("rate", "severity", "resampled"),
    # A single effect's gate is m itself, and opens at 0.4; at 8 kHz there is nothing to leave out.
    [(16_000, 0.39, False), (16_000, 0.4, True), (16_000, 1.0, True), (8_000, 1.0, False)],
)
def test_the_gate_of_the_resampling(rate: int, severity: float, resampled: bool) -> None:
    clip = (0.1 * np.random.RandomState(0).standard_normal(rate)).astype(np.float32)
    found = step(degrade(clip, rate, "recording", severity, 0)[1], "resample")
    assert (found["gate"], found["resampled"]) == (pytest.approx(severity), resampled)


def test_clips_without_loudness_are_left_at_theirs(clean: Samples) -> None:
    short = clean[8000 : 8000 + 6399]
    found, record = degrade(short, RATE, "dropout", 0.0, 3)
    assert step(record, "loudness") | {"effect": ""} == {
        "effect": "",
        "primitive": "loudness",
        "target_lufs": -23.0,
        "measured_lufs": None,
        "gain": 1.0,
    }
    frame_map = step(record, "stutter")["frame_map"]
    assert isinstance(frame_map, str)
    came = [index for index, mark in enumerate(frame_map) if mark == "."]
    assert came
    for frame in came:
        part = slice(frame * 320, (frame + 1) * 320)
        assert found[part].tobytes() == short[part].tobytes()


@settings(max_examples=30, deadline=None)
@given(
    n_samples=st.integers(1, 9000),
    rate=st.sampled_from([8_000, 11_025, 16_000, 48_000]),
    gain_db=st.floats(-120, 20),
    name=st.sampled_from(list(SCENARIOS)),
    severity=st.floats(0, 1),
    seed=st.integers(0, 2**40),
)
def test_whatever_comes_in_finite_audio_comes_out(
    n_samples: int, rate: int, gain_db: float, name: str, severity: float, seed: int
) -> None:
    clip = np.random.RandomState(n_samples).standard_normal(n_samples) * 10 ** (gain_db / 20)
    found, record = degrade(clip.astype(np.float32), rate, name, severity, seed)
    assert found.shape == (n_samples,)
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= CEILING + 1e-6
    again = recreate(clip.astype(np.float32), rate, json.loads(json.dumps(record, allow_nan=False)))
    assert again.tobytes() == found.tobytes()


def test_babble_comes_from_the_dataset_and_can_be_made_again(corpus: Corpus, clean: Samples) -> None:
    babble, source = Babble(4), corpus.source(seed=9)
    scenario = SCENARIOS["far_field-noise"]
    found, record = degrade_from(clean, RATE, scenario, 0.5, source, base_id="cafe", noise=babble)
    kept = json.loads(json.dumps(record))
    assert len(kept["steps"][3]["noise"]["talkers"]) == 4
    assert recreate(clean, RATE, kept, noise=babble, source=source).tobytes() == found.tobytes()
    with pytest.raises(UsageError, match="found noise from babble"):
        recreate(clean, RATE, kept)


def test_a_room_stands_for_the_reverberation(clean: Samples) -> None:
    class Corridor:
        def identity(self) -> dict[str, Json]:
            return {"rooms": "corridor"}

        def respond(
            self,
            samples: Samples,
            sample_rate_hz: int,
            source: Source,
            base_id: str,
            *,
            out: Samples | None = None,
        ) -> tuple[Samples, dict[str, Json]]:
            heard = np.add(samples, np.float32(0.5) * np.roll(samples, 800), out=out)
            return heard, {"room_file": base_id}

    found, record = degrade(clean, RATE, "far_field", 0.5, 0, room=Corridor())
    assert step(record, "reverb") == {
        "effect": "far_field",
        "primitive": "reverb",
        "room": {"room_file": "far_field"},
    }
    assert recreate(clean, RATE, record, room=Corridor()).tobytes() == found.tobytes()
    with pytest.raises(UsageError, match="a clip in measured rooms; expected them to be given"):
        recreate(clean, RATE, record)


@pytest.mark.parametrize(
    ("keys", "error", "message"),
    [
        ({"scenario": "far_feld"}, UsageError, "unknown scenario 'far_feld' .did you mean 'far_field'"),
        ({"severity": 1.01}, ValueError, "severity is 1.01, expected 0 to 1"),
        ({"severity": float("nan")}, ValueError, "severity is nan"),
        ({"merge": "fool"}, UsageError, "unknown way to merge 'fool'; known: standard, literal, full"),
        ({"samples": np.zeros((2, 9), np.float32)}, ValueError, r"shape \(2, 9\), expected mono"),
        ({"samples": np.float32([0, np.nan])}, ValueError, "sample 1 of 2 is nan"),
        ({"samples": np.zeros(0, np.float32)}, ValueError, "the clip has no samples"),
        ({"samples": np.zeros(9)}, TypeError, "an array of float64"),
    ],
)
def test_what_is_refused(
    clean: Samples, keys: dict[str, object], error: type[Exception], message: str
) -> None:
    given = {"samples": clean, "sample_rate_hz": RATE, "scenario": "noise", "severity": 0.5, "seed": 0} | keys
    with pytest.raises(error, match=message):
        degrade(**given)  # type: ignore[arg-type]


def test_a_record_of_another_clip_or_version(clean: Samples) -> None:
    _, record = degrade(clean, RATE, "dropout", 0.5, 0, sample_id="sp01")
    with pytest.raises(ValueError, match=r"999 samples at 16000 Hz; expected 64000 at 16000 Hz, .* 'sp01'"):
        recreate(clean[:999], RATE, record)
    with pytest.raises(UsageError, match="the record is of version 0, expected 1"):
        recreate(clean, RATE, {**record, "version": 0})


def test_ranges_can_be_set_for_comparisons(corpus: Corpus, clean: Samples) -> None:
    scenario = SCENARIOS["far_field-dropout"]
    source = corpus.source()
    _, own = degrade_from(clean, RATE, scenario, 0.5, source, base_id="x")
    _, single = degrade_from(clean, RATE, scenario, 0.5, source, base_id="x", ranges=SINGLE)
    assert step(single, "stutter")["probability"] == pytest.approx(0.05 + 0.25 * 0.5)
    # Its own at m = 0.5: position -0.6 + 1.0 * 0.5 = -0.1, a tenth of the way from 0.05 to 0.01.
    assert step(own, "stutter")["probability"] == pytest.approx(0.05 - 0.1 * 0.04)


def test_the_audio_is_frozen(clean: Samples) -> None:
    # Whoever changes these changes published results, and has to raise `VERSION`. What is compared is coarse
    # enough for other processors and versions of soxr.
    for name, expected in FROZEN.items():
        found, _ = degrade(clean, RATE, name, 0.5, 0, sample_id="sp01")
        np.testing.assert_allclose(found[20_000:60_000:8_000], expected, atol=2e-6, err_msg=name)


FROZEN = {
    "noise": [-0.105698, -0.151754, 0.138938, 0.013214, -0.022314],
    "far_field": [-0.042153, -0.009796, 0.041802, -0.00843, -0.00424],
    "obstructed": [-0.180832, -0.004397, 0.157496, -0.022839, -0.035999],
    "echo": [-0.005871, 0.039401, 0.101881, -0.010175, -0.032424],
    "recording": [-0.001219, -0.03867, -0.01414, 0.078373, -0.051083],
    "distortion": [-0.047695, -0.04206, 0.045041, -0.020023, -0.013786],
    "dropout": [0.000758, -0.073567, 0.086323, -0.037845, -0.042586],
    "far_field-recording-distortion-dropout-noise": [-0.091196, -0.046551, 0.024005, 0.023829, -0.023192],
}
