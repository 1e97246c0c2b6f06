"""What is fetched from the hub, what its cache has, and what happens where it cannot be reached."""

import json
import shutil
import socket

import pytest

from asrdiag.engines.transformers import hub
from asrdiag.errors import UsageError

pytest.importorskip("peft", reason="needs the extra transformers")
tiny = pytest.importorskip("engines.tiny_checkpoints", reason="needs the extra transformers")

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, and a way to put folders into it."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))

    def put(name, source, inside=".", commit=COMMIT):
        repository = tmp_path / "hub" / f"models--{name.replace('/', '--')}"
        shutil.copytree(source, repository / "snapshots" / commit / inside, dirs_exist_ok=True)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(commit)

    return put


@pytest.fixture
def tries(monkeypatch):
    """Connections fail as they do without a network; those that were tried."""
    from huggingface_hub import constants

    found = []

    def connect(address, timeout, **_):
        found.append((address, timeout))
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "https://huggingface.co")
    monkeypatch.setattr(hub.socket, "create_connection", connect)
    monkeypatch.setattr(hub, "ANOTHER_TRY_S", 0.0)
    monkeypatch.setattr(hub, "getproxies", dict)
    return found


def test_a_name_that_must_not_be_fetched(spec, cache):
    with pytest.raises(
        UsageError, match=r"openai/whisper-tiny: config\.json is not in the local cache.*OFFLINE"
    ):
        spec("ctc", model="openai/whisper-tiny").identity()


def test_without_a_network_it_is_said_after_two_tries(spec, cache, tries):
    with pytest.raises(UsageError) as caught:
        spec("ctc", model="openai/whisper-tiny", revision="main").identity()
    assert str(caught.value) == (
        "openai/whisper-tiny at revision main: config.json is not in the local cache of the Hugging Face hub "
        "and cannot be fetched (huggingface.co cannot be reached: Name or service not known); a folder with "
        "the checkpoint works offline"
    )
    assert tries == [(("huggingface.co", 443), 20.0)] * 2


def test_a_slow_network_has_its_time_and_a_proxy_is_asked_itself(tries, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 90)
    monkeypatch.setattr(constants, "ENDPOINT", "http://mirror:8080")
    assert hub.unreachable() == "mirror cannot be reached: Name or service not known"
    assert tries[0] == (("mirror", 8080), 90)
    tries.clear()
    monkeypatch.setattr(hub, "getproxies", lambda: {"http": "http://proxy:3128"})
    assert hub.unreachable() is None
    assert not tries


def test_a_network_that_comes_back_is_used(tries, monkeypatch):
    def connect(address, timeout):
        tries.append(address)
        if len(tries) == 1:
            raise OSError(-3, "Temporary failure in name resolution")
        return socket.socket()

    monkeypatch.setattr(hub.socket, "create_connection", connect)
    assert hub.unreachable() is None
    assert len(tries) == 2


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # by PEFT
def test_a_name_in_the_local_cache_is_resolved_to_its_commit(
    spec, checkpoint, cache, tries, tmp_path, clips, content
):
    """And opened without a network: `tries` stands for one that is down."""
    lora = tiny.adapter(checkpoint("ctc"), "ctc", tmp_path / "a", 1.0)
    cache("tiny/base", checkpoint("ctc"))
    cache("tiny/lora", lora, inside="best/r4")
    found = spec(
        "ctc", model="tiny/base", revision=COMMIT, adapter="tiny/lora/best/r4", adapter_revision=COMMIT
    )
    assert (found.identity()["model"], found.identity()["revision"]) == ("tiny/base", COMMIT)
    assert found.identity()["adapter"] == {"model": "tiny/lora/best/r4", "revision": COMMIT}
    local = spec("ctc", adapter=str(lora))
    answers = [content(one.open("cpu").transcribe(clips[:2])) for one in (found, local)]
    assert answers[0] == answers[1]


def test_code_in_another_repository_is_pinned(spec, checkpoint, cache, tmp_path):
    folder = shutil.copytree(checkpoint("ctc"), tmp_path / "coded")
    config = json.loads((folder / "config.json").read_text())
    auto_map = {"AutoModelForCTC": "other/code--modeling_x.X", "AutoConfig": "other/code--configuration_x.X"}
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": auto_map}))
    (tmp_path / "code").mkdir()
    for file in ("modeling_x.py", "configuration_x.py"):
        (tmp_path / "code" / file).write_text("")
    cache("other/code", tmp_path / "code", commit="f" * 40)
    trusted = spec("ctc", model=str(folder), trust_remote_code=True)
    assert trusted.identity()["code"] == {"model": "other/code", "revision": "f" * 40}
    assert trusted.pinned().code_revision == "f" * 40
    assert trusted.pinned().identity() == trusted.identity()
    assert spec("ctc", model=str(folder)).identity()["code"] is None
    mine = auto_map | {"AutoConfig": "configuration_x.X"}
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": mine}))
    with pytest.raises(UsageError, match=r"names code in .*coded, other/code; expected code in one place"):
        trusted.identity()


def test_a_revision_of_code_that_is_not_elsewhere_is_refused(spec):
    with pytest.raises(UsageError, match=r"`code_revision`, but .*ctc names no code elsewhere"):
        spec("ctc", trust_remote_code=True, code_revision="main").identity()
