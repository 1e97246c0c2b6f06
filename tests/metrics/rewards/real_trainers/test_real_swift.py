"""ms-swift loads the plugin and calls the reward. `run.py swift` installs ms-swift and runs this.

Nothing is replaced.
"""

import importlib.util
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("swift.rl_core", reason="ms-swift is not installed; run.py swift installs it elsewhere")

import torch
from swift.rewards import orms
from swift.rl_core.data import GRPOSample
from swift.rl_core.grpo_algorithm import compute_rewards_per_func
from swift.utils import import_external_file

import asrdiag.metrics.rewards
from asrdiag.metrics.rewards.registration import how_to_register

pytestmark = pytest.mark.filterwarnings("default")

# The worked example; a loop (C 2, I 6: 0.6 * (0.25 * 2/8 + 0.75 * 0.5)); no reference;
# Chinese, one deletion in three characters: R_wer, R_fine and R_struc are all 2/3.
ROWS = [
    ("language English<asr_text>The cap sat on mat.", "The cat sat on the mat.", "English"),
    ("thank you " * 4, "thank you", None),
    ("the cat", None, None),
    ("language Chinese<asr_text>你好", "language Chinese<asr_text>你好吗", "zh"),
]
BY_HAND = [0.715278, 0.2625, 2 / 3]


def samples(reference_column: str = "solution") -> list[GRPOSample]:
    return [
        GRPOSample.from_row(
            {
                "messages": [{"role": "user", "content": "<audio>"}, {"role": "assistant", "content": said}],
                "audios": ["clip.wav"],
                reference_column: reference,
                "language": language,
            }
        )
        for said, reference, language in ROWS
    ]


def options() -> dict[str, str]:
    words = shlex.split(how_to_register("swift"), comments=True)
    return dict(zip(words[:-2:2], words[1:-2:2], strict=True))


def test_the_plugin_gives_the_values_computed_by_hand() -> None:
    given = options()
    plugin = given["--external_plugins"]
    import_external_file(plugin)
    import_external_file(plugin)  # as a worker does again
    reward = orms[given["--reward_funcs"]](args=SimpleNamespace())
    found = compute_rewards_per_func(
        samples(), [reward], [None], torch.device("cpu"), trainer_state=SimpleNamespace(global_step=1)
    )
    assert found.shape == (4, 1)
    assert found[[0, 1, 3], 0].tolist() == pytest.approx(BY_HAND, abs=1e-6)
    assert torch.isnan(found[2, 0])


def test_the_plugins_folder_hides_no_package() -> None:
    """ms-swift puts the folder on the path, and imports trl afterwards."""
    import_external_file(options()["--external_plugins"])
    ours = Path(asrdiag.metrics.rewards.__file__).parent
    for name in ("trl", "verl", "openrlhf", "swift"):
        found = importlib.util.find_spec(name)
        assert found is None or ours not in Path(str(found.origin)).parents


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # 0.4 * 2/3 + 0.6 * (0.75 * 4/5.4 + 0.25 * 0.75) with the gate open up to 0.5
    monkeypatch.setenv("ASRDIAG_REWARD", '{"preset": "paper-appendix", "reference_column": "text"}')
    given = options()
    import_external_file(given["--external_plugins"])
    reward = orms[given["--reward_funcs"]](args=SimpleNamespace())
    found = compute_rewards_per_func(samples("text"), [reward], [None], torch.device("cpu"))
    assert found[0, 0].item() == pytest.approx(0.7125, abs=1e-6)


def test_the_missing_column_is_named() -> None:
    given = options()
    import_external_file(given["--external_plugins"])
    reward = orms[given["--reward_funcs"]](args=SimpleNamespace())
    with pytest.raises(ValueError, match=r"no column 'reference' or 'solution'.* found .*transcription"):
        compute_rewards_per_func(samples("transcription"), [reward], [None], torch.device("cpu"))
