"""The compiled filters and their twin in Python: the same bits."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from asrdiag.blocks import Samples
from asrdiag.simulation.primitives import loudness_lufs, pure, recursions
from asrdiag.simulation.primitives.filters import highpass, lowpass
from asrdiag.simulation.primitives.reverberation import reverberate

compiled = pytest.mark.skipif(
    importlib.util.find_spec("asrdiag.simulation._recursions") is None, reason="no compiled kernel here"
)


def by_both(action: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> tuple[object, object]:
    from asrdiag.simulation import _recursions

    monkeypatch.setattr(recursions, "_kernel", _recursions)
    first = action()
    monkeypatch.setattr(recursions, "_kernel", pure)
    return first, action()


SHAPES: dict[str, Callable[[np.random.RandomState, int], Samples]] = {
    "noise": lambda rng, n: (0.2 * rng.standard_normal(n)).astype(np.float32),
    "silence": lambda rng, n: np.zeros(n, np.float32),
    "negative zeros": lambda rng, n: -np.zeros(n, np.float32),
    "DC": lambda rng, n: np.full(n, 0.5, np.float32),
    "square wave": lambda rng, n: np.sign(np.sin(np.arange(n) / 20)).astype(np.float32),
    "click": lambda rng, n: np.eye(1, n, 3, dtype=np.float32)[0],
}


@compiled
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_samples", [1, 80, 5_000, 70_001])  # the twin works in chunks of 65,536
def test_both_give_the_same_bits(
    rate: int, shape: str, n_samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = SHAPES[shape](np.random.RandomState(n_samples), n_samples)
    for action in (
        lambda: lowpass(clip, rate, 1750.0, passes=3, wet=0.9),
        lambda: highpass(clip, rate, 500.0, passes=6),
        lambda: lowpass(clip, rate, rate / 2, passes=16),
        lambda: reverberate(clip, rate, room_size=0.9, damping=0.5, wet_level=0.8, dry_level=0.4),
    ):
        here, there = by_both(action, monkeypatch)
        assert isinstance(here, np.ndarray)
        assert isinstance(there, np.ndarray)
        assert here.tobytes() == there.tobytes()
    here, there = by_both(lambda: loudness_lufs(clip, rate), monkeypatch)
    assert here == there


@compiled
@settings(max_examples=60, deadline=None)
@given(
    clip=arrays.arrays(
        np.float32, st.integers(1, 600), elements=st.floats(-1, 1, width=32, allow_subnormal=True)
    ),
    b0=st.floats(0, 1),
    keep=st.floats(0, 1),
    wet=st.floats(0, 1),
    passes=st.integers(1, 16),
)
def test_both_give_the_same_bits_for_any_filter(
    clip: Samples, b0: float, keep: float, wet: float, passes: int
) -> None:
    from asrdiag.simulation import _recursions

    here, there = np.empty_like(clip), np.empty_like(clip)
    states = np.zeros(passes), np.zeros(passes)
    _recursions.one_pole(clip, here, states[0], False, b0, -b0, keep, wet, 1 - wet, passes)
    pure.one_pole(clip, there, states[1], False, b0, -b0, keep, wet, 1 - wet, passes)
    assert here.tobytes() == there.tobytes()
    assert states[0].tobytes() == states[1].tobytes()


@compiled
def test_the_kernel_refuses_what_it_would_write_past() -> None:
    from asrdiag.simulation import _recursions

    clip, short, one = np.zeros(10, np.float32), np.zeros(9, np.float32), np.zeros(1)
    numbers = (False, 0.5, 0.0, 0.5, 1.0, 0.0)
    with pytest.raises(ValueError, match=r"40 bytes in, 36 out"):
        _recursions.one_pole(clip, short, one, *numbers, 1)
    with pytest.raises(ValueError, match=r"17 passes; expected 1 to 16"):
        _recursions.one_pole(clip, np.empty_like(clip), np.zeros(17), *numbers, 17)
    with pytest.raises(ValueError, match=r"a state of 8 bytes; expected 2 doubles"):
        _recursions.one_pole(clip, np.empty_like(clip), one, *numbers, 2)
    room = (16_000, 0.8, 0.2, 1.0, 1.0)
    rings = np.zeros(8 + sum(pure.delays(16_000)))
    with pytest.raises(ValueError, match=r"40 bytes in, 36 out"):
        _recursions.reverb(clip, short, rings, 0, *room)
    with pytest.raises(ValueError, match=rf"a state of 8 bytes; expected {len(rings)} doubles"):
        _recursions.reverb(clip, np.empty_like(clip), one, 0, *room)
    with pytest.raises(ValueError, match=r"-1 samples before; expected 0 or more"):
        _recursions.reverb(clip, np.empty_like(clip), rings, -1, *room)
    with pytest.raises(ValueError, match=r"16 bytes in, 8 out"):
        _recursions.energy(clip, np.zeros(5), np.zeros(10), np.zeros(2, np.int64), np.zeros(1))
    with pytest.raises(ValueError, match=r"sections of 72 bytes"):
        _recursions.energy(clip, np.zeros(5), np.zeros(9), np.zeros(2, np.int64), np.zeros(2))
    with pytest.raises(ValueError, match=r"a state of 8 bytes; expected 5 doubles"):
        _recursions.energy(clip, one, np.zeros(10), np.zeros(2, np.int64), np.zeros(2))
    frozen = np.zeros(10, np.float32)
    frozen.flags.writeable = False
    with pytest.raises(TypeError):
        _recursions.one_pole(clip, frozen, one, *numbers, 1)


def test_the_environment_chooses_the_twin() -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from asrdiag.simulation.primitives.recursions import KERNEL; print(KERNEL)",
        ],
        env={"ASRDIAG_PURE_PYTHON": "1", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "python\n"


def test_views_and_frozen_clips_are_taken() -> None:
    clip = np.random.RandomState(0).standard_normal(2000).astype(np.float32)
    clip.flags.writeable = False
    every_second = clip[::2]
    assert lowpass(every_second, 8000, 500.0).tobytes() == lowpass(every_second.copy(), 8000, 500.0).tobytes()
    assert loudness_lufs(clip[:1000], 16_000) is None
