"""Recognisers on tiny random checkpoints in the layouts of real ones."""

import pytest

from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip

EXTRA = {"canary": {"language": "en"}}


@pytest.fixture(scope="package", autouse=True)
def _one_thread():
    torch = pytest.importorskip("torch", reason="needs the extra transformers")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """Folder of a tiny checkpoint, written when it is first asked for."""
    from engines import tiny_checkpoints as tiny

    root = tmp_path_factory.mktemp("checkpoints")

    def folder(name):
        return root / name if (root / name).is_dir() else tiny.BUILDERS[name](root / name)

    return folder


@pytest.fixture(scope="session")
def spec(checkpoint):
    def make(name, **keys):
        keys = {"model": keys.get("model") or str(checkpoint(name)), **EXTRA.get(name, {}), **keys}
        return ENGINES.load("transformers")(id=name, engine="transformers", **keys)

    return make


@pytest.fixture(scope="session")
def plain(spec):
    """A recogniser with the family's defaults, opened once."""
    opened = {}

    def get(name):
        if name not in opened:
            opened[name] = spec(name).open("cpu")
        return opened[name]

    return get


@pytest.fixture(scope="session")
def clips():
    from engines import tiny_checkpoints as tiny

    return [Clip(f"clip-{number}", samples, 16_000) for number, samples in enumerate(tiny.clips())]


@pytest.fixture(scope="session")
def content():
    """What must not depend on the batch; log-probabilities agree to rounding only."""

    def of(transcripts):
        return [(t.text, {k: v for k, v in t.details.items() if k != "mean_logprob"}) for t in transcripts]

    return of
