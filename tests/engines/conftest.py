import os
from pathlib import Path

import numpy as np
import pytest

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip


@pytest.fixture(scope="session")
def moonshine():
    return ENGINES.load("moonshine")(id="moonshine-tiny", engine="moonshine")


@pytest.fixture(scope="session")
def moonshine_open(moonshine):
    return moonshine.open("cpu")


@pytest.fixture(scope="session")
def pocketsphinx():
    return ENGINES.load("pocketsphinx")(id="pocketsphinx", engine="pocketsphinx")


@pytest.fixture(scope="session")
def pocketsphinx_open(pocketsphinx):
    return pocketsphinx.open("cpu")


@pytest.fixture(scope="session")
def demo_utterances():
    return DATASETS.load("demo")(id="demo", loader="demo").utterances()


@pytest.fixture(scope="session")
def demo_clips(demo_utterances):
    return [
        Clip(
            u.sample_id,
            read_audio(u.audio_path, 16_000, offset_s=u.offset_s, duration_s=u.duration_s),
            16_000,
        )
        for u in demo_utterances
    ]


@pytest.fixture(scope="session")
def reading(demo_utterances):
    """The whole recording, 44 s, float32 at 16 kHz."""
    return read_audio(demo_utterances[0].audio_path, 16_000)


@pytest.fixture(scope="session")
def noizeus():
    """Folder with NOIZEUS clips and their transcripts."""
    default = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("ASRDIAG_TEST_DATA", default)) / "noizeus"
    if not (folder / "transcripts.tsv").is_file():
        pytest.skip(f"no NOIZEUS at {folder}: set ASRDIAG_TEST_DATA to the folder that holds noizeus/")
    return folder


@pytest.fixture
def silence():
    return Clip("silence", np.zeros(16_000, np.float32), 16_000)
