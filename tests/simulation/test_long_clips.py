"""Long clips: a block at a time, the same bits as at once, in little memory."""

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrdiag import blocks as module
from asrdiag.audio_file import AudioFile
from asrdiag.blocks import A, Samples
from asrdiag.datasets.base import Utterance
from asrdiag.simulation import SCENARIOS, Source, degrade, primitives, recreate
from asrdiag.simulation.additive_noise import AdditiveNoise
from asrdiag.simulation.babble import Babble
from asrdiag.simulation.degradation import degrade_from
from asrdiag.simulation.noise import NoiseSource, going_round
from asrdiag.simulation.noise_choice import GENERATED
from asrdiag.simulation.noise_folder import NoiseFolder
from asrdiag.simulation.primitives import pure, recursions
from asrdiag.simulation.primitives.noise_mix import white_noise
from asrdiag.simulation.room_responses import RoomFolder
from asrdiag.simulation.speed import change_speed
from asrdiag.simulation.talkers import LONGEST_S, VoiceCache

from .conftest import Corpus

RATE = 8_000
N = 40_009
LOSSES = primitives.draw_losses(
    N, RATE, np.random.RandomState(0), probability=0.3, longest=4, repeat_probability=0.7
).frame_map

ACTIONS: dict[str, Callable[..., object]] = {
    "echo": lambda x, **out: primitives.echo(x, RATE, delay_s=0.11, feedback=0.4, mix=0.3, **out),
    "a short echo": lambda x, **out: primitives.echo(x, RATE, delay_s=0.0021, feedback=0.4, mix=0.3, **out),
    "reverberation": lambda x, **out: primitives.reverberate(
        x, RATE, room_size=0.9, damping=0.5, wet_level=0.8, dry_level=0.4, **out
    ),
    "distortion": lambda x, **out: primitives.distort(x, RATE, drive_db=30.0, **out),
    "resampling": lambda x, **out: primitives.resample_down_up(x, RATE, through_hz=5_513, **out),
    "low-pass": lambda x, **out: primitives.lowpass(x, RATE, 1_750.0, passes=3, wet=0.9, **out),
    "high-pass": lambda x, **out: primitives.highpass(x, RATE, 500.0, passes=6, **out),
    "loudness": lambda x, **out: primitives.set_loudness(x, RATE, target_lufs=-20.0, **out),
    "stutter": lambda x, **out: primitives.stutter(x, RATE, LOSSES, **out),
    "noise": lambda x, **out: primitives.add_noise(x, RATE, clip()[::-1].copy(), noise_db=0.0, **out),
}


def clip(n_samples: int = N) -> Samples:
    return (0.1 * np.random.RandomState(1).standard_normal(n_samples)).astype(np.float32)


def in_file(samples: Samples) -> AudioFile:
    file = AudioFile(None)
    file.append(samples)
    return file


@pytest.fixture(params=["compiled", "python"])
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "compiled":
        monkeypatch.setattr(recursions, "_kernel", pytest.importorskip("asrdiag.simulation._recursions"))
    else:
        monkeypatch.setattr(recursions, "_kernel", pure)
    return str(request.param)


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("size", [1_000, 4_099])
@pytest.mark.parametrize("name", ACTIONS)
def test_a_primitive_does_not_know_of_blocks(name: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    act, samples = ACTIONS[name], clip()
    whole = act(samples)
    assert isinstance(whole, np.ndarray)
    monkeypatch.setattr(module, "BLOCK", size)
    in_blocks, in_place, written, file = act(samples), samples.copy(), AudioFile(None, N), in_file(samples)
    assert isinstance(in_blocks, np.ndarray)
    assert in_blocks.tobytes() == whole.tobytes()
    assert samples.tobytes() == clip().tobytes()
    assert act(in_place, out=in_place) is in_place
    assert in_place.tobytes() == whole.tobytes()
    assert act(file, out=written) is written
    assert written[:].tobytes() == whole.tobytes()
    assert file[:].tobytes() == samples.tobytes()
    assert act(file, out=file) is file
    assert file[:].tobytes() == whole.tobytes()


def test_a_block_of_one_sample_is_enough(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = clip(60)
    names = ("echo", "a short echo", "reverberation", "low-pass", "high-pass", "distortion", "resampling")
    whole = {name: ACTIONS[name](samples) for name in names}
    monkeypatch.setattr(module, "BLOCK", 1)
    for name in names:
        np.testing.assert_array_equal(ACTIONS[name](samples), whole[name], name)  # type: ignore[arg-type]


@pytest.fixture
def noises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, NoiseSource]:
    import asrdiag.simulation.babble as babble_module

    monkeypatch.setattr(babble_module, "_CACHE", VoiceCache())
    stereo = 0.1 * np.random.RandomState(2).standard_normal((90_000, 2)) + 0.01
    for name, length in (("short", 11_025), ("long", 90_000)):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "noise.wav", stereo[:length], 11_025)
    return {
        **GENERATED,
        "babble": Babble(4),
        "a recording that goes round": NoiseFolder(folder=tmp_path / "short").source("test"),
        "a long recording": NoiseFolder(folder=tmp_path / "long").source("test"),
    }


def test_noise_does_not_know_of_blocks(
    noises: dict[str, NoiseSource], corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = corpus.source(seed=5)
    whole = {name: noise.make(N, RATE, source, "base") for name, noise in noises.items()}
    for size in (8_192, 9_001):
        monkeypatch.setattr(module, "BLOCK", size)
        for name, noise in noises.items():
            made = noise.make(N, RATE, source, "base")
            assert not isinstance(made.samples, np.ndarray), name
            assert made.record == whole[name].record, name
            assert len(made.samples) == N, name
            parts = [made.samples[start : start + 3_001] for start in range(0, N, 3_001)]
            assert np.concatenate(parts).tobytes() == whole[name].samples[:].tobytes(), name
            assert made.samples[7:9].tobytes() == parts[0][7:9].tobytes(), name


@pytest.mark.parametrize("size", [1 << 18, 8_192])
def test_nothing_is_left_to_the_garbage_collector(
    size: int, noises: dict[str, NoiseSource], corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Arrays in a cycle stay until it runs: for short clips that is slow, for long ones it is memory.
    monkeypatch.setattr(module, "BLOCK", size)
    for noise in noises.values():
        for _ in range(2):
            gc.collect()
            gc.freeze()  # what other tests have imported is not looked through each time
            gc.disable()
            try:
                degrade_from(clip(), RATE, SCENARIOS["noise"], 0.5, corpus.source(), base_id="a", noise=noise)
                left = gc.collect()
            finally:
                gc.enable()
                gc.unfreeze()
        assert left == 0, noise


@pytest.mark.parametrize("name", ["pink", "babble", "a long recording"])
def test_noise_at_an_snr_does_not_know_of_blocks(
    name: str, noises: dict[str, NoiseSource], corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = AdditiveNoise("n", "n", noises[name], 5.0)
    whole = condition.apply(clip(), RATE, corpus.source())
    monkeypatch.setattr(module, "BLOCK", 8_192)
    found = condition.apply(clip(), RATE, corpus.source())
    assert found.samples.tobytes() == whole.samples.tobytes()
    assert found.record == whole.record


def test_white_noise_can_be_asked_for_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = white_noise(N, lambda: np.random.RandomState(3))
    monkeypatch.setattr(module, "BLOCK", 1_000)
    noise = white_noise(N, lambda: np.random.RandomState(3))
    for start, stop in ((0, 70), (70, 500), (100, 200), (39_000, N), (0, 1)):
        assert noise[start:stop].tobytes() == whole[start:stop].tobytes()


def test_what_goes_round_goes_round_as_often_as_needed() -> None:
    ring = np.arange(5, dtype=np.float32)
    for start in range(12):
        for stop in range(start, 40):
            assert going_round(ring, start, stop).tolist() == [at % 5 for at in range(start, stop)]


def test_a_scenario_does_not_know_of_blocks(
    noises: dict[str, NoiseSource], corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rooms").mkdir()
    ringing = np.random.RandomState(4).standard_normal(6_000) * np.exp(-np.arange(6_000) / 900)
    soundfile.write(tmp_path / "rooms" / "hall.wav", np.concatenate([[0.0, 1.0], 0.2 * ringing]), RATE)
    room = RoomFolder(folder=tmp_path / "rooms").room("test")
    rate, samples = 16_000, clip()
    cases = [
        ("echo-recording-distortion-dropout-noise", 0.9, None, noises["pink"]),
        ("recording", 0.9, None, noises["pink"]),
        ("far_field-noise", 0.5, room, noises["babble"]),
        ("noise-dropout", 1.0, None, noises["a long recording"]),
    ]
    for name, severity, rooms, noise in cases:

        def taken(given: A, name: str = name, m: float = severity) -> tuple[A, dict[str, object]]:
            return degrade_from(
                given,
                rate,
                SCENARIOS[name],
                m,
                corpus.source(seed=3),
                base_id=name,
                noise=noise,  # noqa: B023  (called at once)
                room=rooms,  # noqa: B023
            )

        monkeypatch.setattr(module, "BLOCK", 1 << 18)
        whole, record = taken(samples)
        monkeypatch.setattr(module, "BLOCK", 8_192)
        found, again = taken(samples)
        from_file, third = taken(in_file(samples))
        assert again == third == record
        assert found.tobytes() == whole.tobytes()
        assert isinstance(from_file, AudioFile)
        assert from_file[:].tobytes() == whole.tobytes()
    made = recreate(in_file(samples), rate, record, source=corpus.source(seed=3))
    assert made[:].tobytes() == whole.tobytes()


@pytest.mark.parametrize("factor", [0.75, 1.0, 1.237])
def test_speed_does_not_know_of_blocks(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = change_speed(clip(), factor)
    monkeypatch.setattr(module, "BLOCK", 1_000)
    assert change_speed(clip(), factor).tobytes() == whole.tobytes()
    played = change_speed(in_file(clip()), factor)
    assert isinstance(played, AudioFile)
    assert played[:].tobytes() == whole.tobytes()


def test_an_hour_talks_for_two_minutes(tmp_path: Path) -> None:
    asked: list[float | None] = []

    def load(utterance: Utterance, sample_rate_hz: int) -> Samples:
        asked.append(utterance.duration_s)
        return clip()

    soundfile.write(tmp_path / "long.wav", np.zeros(1000 * 200), 1000)
    short, long = tmp_path / "short.wav", tmp_path / "long.wav"
    soundfile.write(short, np.zeros(1000 * 20), 1000)
    utterances = (
        Utterance("target", short, "a", speaker="x"),
        Utterance("to the end", long, "b", speaker="y"),
        Utterance("nearly", long, "c", speaker="y", offset_s=100.0),
        Utterance("given", long, "d", speaker="y", duration_s=180.0),
        Utterance("short", short, "e", speaker="y"),
    )
    Babble(4).make(1000, RATE, Source(utterances[0], utterances, load, 0), "base")
    assert sorted(asked, key=str) == [LONGEST_S, LONGEST_S, None, None]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_found_in_any_block(value: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 1_000)
    samples = clip(5_000)
    samples[4_321] = value
    with pytest.raises(ValueError, match=rf"sample 4321 of 5000 is {value} \(0.540 s\)"):
        degrade(samples, RATE, "noise", 0.5, 0)


MEASURED = """
import resource, sys
import numpy as np
from asrdiag.simulation import degrade
from asrdiag.simulation.noise_choice import GENERATED

rate, minutes = 8_000, 40
second = (0.1 * np.random.RandomState(0).standard_normal(rate)).astype(np.float32)
clip = np.resize(second, rate * 60 * minutes)
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
name, noise = sys.argv[1:]
degrade(clip[:rate], rate, name, 0.9, 0, noise=GENERATED[noise])
before = peak()
degrade(clip, rate, name, 0.9, 0, noise=GENERATED[noise])
print(peak() - before - clip.nbytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
@pytest.mark.parametrize(
    ("name", "noise"),
    [("noise", "fan"), ("noise", "white"), ("echo-recording-distortion-dropout-noise", "pink")],
)
def test_a_long_clip_takes_little_memory_beside_itself(name: str, noise: str) -> None:
    # 40 minutes at 8 kHz are 77 MB; any other array of that length, of whatever type, would be seen.
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, name, noise], capture_output=True, text=True, check=True
    )
    assert int(ended.stdout) < 50e6
