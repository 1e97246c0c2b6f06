"""A branch that moves on between the record of what is run and its opening in another process."""

import shutil

import pytest

from asrdiag.engines.transformers import hub
from asrdiag.errors import UsageError

pytest.importorskip("torch", reason="needs the extra transformers")
COMMITS = ("a" * 40, "b" * 40)


def test_what_is_opened_is_the_commit_on_record(spec, checkpoint, clips, content, monkeypatch, tmp_path):
    repository = tmp_path / "models--tiny--ctc"
    shutil.copytree(checkpoint("ctc"), repository / "snapshots" / COMMITS[0])
    later = repository / "snapshots" / COMMITS[1]
    later.mkdir()
    shutil.copy(checkpoint("ctc") / "config.json", later)  # and no weights: it cannot be opened
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMITS[0])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    named = spec("ctc", model="tiny/ctc", revision="main")
    pinned = named.pinned()
    assert pinned.identity() == named.identity()
    (repository / "refs" / "main").write_text(COMMITS[1])
    hub.cached_file.cache_clear()  # as another process sees it
    assert named.identity()["revision"] == COMMITS[1]
    with pytest.raises(UsageError):
        named.open("cpu")
    assert pinned.identity()["revision"] == COMMITS[0]
    answers = [content(one.open("cpu").transcribe(clips[:1])) for one in (pinned, spec("ctc"))]
    assert answers[0] == answers[1]


def test_a_folder_and_its_adapter_stay_where_they_are(spec, checkpoint):
    named = spec("ctc", adapter=str(checkpoint("ctc")))
    assert named.pinned() == named
