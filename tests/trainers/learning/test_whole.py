"""A checkpoint that is not all there is refused, wherever it was cut."""

import json
import re

import pytest
import torch
from safetensors.torch import save_file

from asrdiag.errors import UsageError
from asrdiag.trainers.learning.whole import require_whole


@pytest.fixture
def checkpoint(tmp_path):
    folder = tmp_path / "step-000002"
    folder.mkdir()
    save_file({"a": torch.zeros(1000)}, folder / "adapter_model.safetensors")
    torch.save({"optimizer": torch.zeros(1000)}, folder / "training.pt")
    torch.save({"cpu": torch.zeros(1000)}, folder / "rng_state.pth")
    (folder / "adapter_config.json").write_text(json.dumps({"r": 8}, indent=2))
    (folder / "README.md").write_text("")
    return folder


@pytest.mark.parametrize(
    "name", ["adapter_model.safetensors", "training.pt", "rng_state.pth", "adapter_config.json"]
)
def test_a_file_that_was_cut_anywhere_is_noticed(checkpoint, name):
    require_whole(checkpoint)
    whole = (checkpoint / name).read_bytes()
    for size in (0, 1, 8, len(whole) // 2, len(whole) - 1):
        (checkpoint / name).write_bytes(whole[:size])
        with pytest.raises(
            UsageError, match=f"{re.escape(name)}: damaged .*remove .*step-000002 to do without"
        ):
            require_whole(checkpoint)


def test_a_checkpoint_without_weights_is_none(checkpoint, tmp_path):
    (checkpoint / "adapter_model.safetensors").unlink()
    for folder in (checkpoint, tmp_path / "gone"):
        with pytest.raises(UsageError, match="found no weights there; begin anew with --fresh"):
            require_whole(folder)
