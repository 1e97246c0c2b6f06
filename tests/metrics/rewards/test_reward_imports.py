"""Every worker of a trainer imports the rewards: that stays cheap."""

import json
import subprocess
import sys

import asrdiag.metrics.rewards

HEAVY = {
    "torch",
    "transformers",
    "pandas",
    "trl",
    "verl",
    "swift",
    "ray",
    "soundfile",
    "pyarrow",
    "pydantic",
} | {
    *("scipy", "whisper_normalizer", "opencc", "jiwer", "yaml", "rich"),
}


def test_import_loads_nothing_heavy() -> None:
    code = "import json, sys; import asrdiag.metrics.rewards; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert loaded.isdisjoint(HEAVY)
    assert {"numpy", "rapidfuzz"} <= loaded


def test_everything_promised_is_there() -> None:
    names = asrdiag.metrics.rewards.__all__
    assert len(names) == len(set(names))
    assert all(hasattr(asrdiag.metrics.rewards, name) for name in names)
