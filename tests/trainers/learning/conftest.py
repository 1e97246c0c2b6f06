"""A tiny random model, as the trainers see it."""

import pytest
from engines import tiny_checkpoints as tiny

from asrdiag.trainers.families import trained
from asrdiag.trainers.learning.model_recipe import Model
from asrdiag.trainers.learning.opening import load_here, system_spec


@pytest.fixture(scope="package")
def family(tmp_path_factory):
    checkpoint = tiny.BUILDERS["moonshine"](tmp_path_factory.mktemp("checkpoints") / "moonshine")
    return trained(load_here(system_spec("tiny", Model(checkpoint=str(checkpoint))), "cpu"))
