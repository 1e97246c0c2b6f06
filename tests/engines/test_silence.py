import numpy as np
import pytest

from asrdiag.engines.silence import gated, is_silent, peak_dbfs


@pytest.mark.parametrize(("level_dbfs", "silent"), [(-90, True), (-70.1, True), (-69.9, False), (-20, False)])
def test_the_gate_is_at_minus_70_dbfs_peak(level_dbfs, silent):
    samples = np.zeros(16_000, np.float32)
    samples[100:102] = 10 ** (level_dbfs / 20), -(10 ** (level_dbfs / 20))
    assert is_silent(samples) is silent
    assert peak_dbfs(samples) == pytest.approx(level_dbfs, abs=0.01)
    assert (gated(samples) is not None) is silent


def test_a_constant_offset_does_not_count():
    rng = np.random.default_rng(0)
    samples = (0.1 + rng.uniform(-1e-5, 1e-5, 16_000)).astype(np.float32)
    assert is_silent(samples)
