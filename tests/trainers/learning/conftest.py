"""A tiny random model, as the trainers see it."""

import pytest
import torch
from engines import tiny_checkpoints as tiny

from asrdiag.trainers.families import trained
from asrdiag.trainers.learning.model_recipe import Model
from asrdiag.trainers.learning.opening import load_here, system_spec


@pytest.fixture(scope="package", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="package")
def family(tmp_path_factory):
    checkpoint = tiny.BUILDERS["moonshine"](tmp_path_factory.mktemp("checkpoints") / "moonshine")
    return trained(load_here(system_spec("tiny", Model(checkpoint=str(checkpoint))), "cpu"))
