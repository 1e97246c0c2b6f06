"""The page: everything that it names is there, and nothing from outside is markup."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import soundfile

from asrdiag.audio import sha256_of
from asrdiag.corpus.listen import Listening, listen
from asrdiag.corpus.page import Panel, page_of
from asrdiag.errors import SampleError, UsageError
from asrdiag.simulation import SCENARIOS
from asrdiag.simulation.noise_choice import noise_source

from .conftest import recipe, voice

ALL = tuple(SCENARIOS)


class Reader(HTMLParser):
    """Collects what a browser would load, and all text."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.sources: list[tuple[str, str]] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.sources.extend((tag, str(value)) for name, value in attributes if name in ("src", "href"))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    soundfile.write(path, voice(0.6), 16_000)
    return path


def order(clip: Path | str, out: Path, given: str | None = None, **parts: Any) -> Listening:
    one = recipe(**({"scenarios": ALL, "severity": None, "mapping": "linear"} | parts))
    return Listening(str(clip), given, "en", out, one, "flac")


def test_everything_is_there(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "clip.txt").write_text("<script>alert(1)</script>")
    page = Reader(listen(order(clip, tmp_path / "out")))
    # the clean clip, 7 single effects at 5 severities, 47 compounds at one
    assert len(page.sources) == 2 * (1 + 7 * 5 + 47)
    for tag, source in page.sources:
        path = tmp_path / "out" / source
        assert path.is_file(), source
        if tag == "audio":
            samples, rate = soundfile.read(path)
            assert (len(samples), rate) == (9600, 16_000)
        else:
            assert path.read_bytes().startswith(b"\x89PNG")
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.text
    for name in ALL:
        assert f"{name}.m050" in page.text


def test_what_is_heard_is_what_a_corpus_has(tmp_path: Path) -> None:
    import json

    from asrdiag.corpus.clips import ClipMaker, Made
    from asrdiag.corpus.formats import FORMATS
    from asrdiag.corpus.source import entries_of
    from asrdiag.corpus.spool import Spool, write_spool

    one = recipe(scenarios=("noise-dropout",), noise=noise_source("babble"), severity=0.7)
    listen(Listening("two-cities-03", "demo", "en", tmp_path / "out", one, "flac"))
    write_spool(tmp_path / "spool", entries_of("demo", "en", tmp_path))
    made = ClipMaker(Spool(tmp_path / "spool"), one, FORMATS["flac"]).make(2, 0)
    assert isinstance(made, Made)
    assert (tmp_path / "out" / "audio" / "noise-dropout.m070.flac").read_bytes() == bytes(made.audio)
    assert json.loads((tmp_path / "out" / "listen.json").read_text()) == {"clip": "two-cities-03", "seed": 7}
    samples, rate = soundfile.read(tmp_path / "out" / "audio" / "noise-dropout.m070.flac", dtype="float32")
    assert sha256_of(samples, rate) == made.row["simulation"]["sha256"]


def test_what_cannot_be_done_is_said_on_the_page(clip: Path, tmp_path: Path) -> None:
    one = order(clip, tmp_path / "out", scenarios=("noise",), noise=noise_source("babble"), severity=0.5)
    page = Reader(listen(one))
    assert "clip: no other utterance among the dataset's 0" in page.text
    assert [source for tag, source in page.sources] == ["images/clean.png", "audio/clean.flac"]


def test_again_writes_the_same_place(clip: Path, tmp_path: Path) -> None:
    one = order(clip, tmp_path / "out", scenarios=("dropout",), severity=0.5)
    first = listen(one).read_bytes()
    assert listen(one).read_bytes() == first
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("")
    with pytest.raises(UsageError, match="full has files in it but is no page"):
        listen(order(clip, tmp_path / "full"))


def test_clips_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"there is no file gone\.wav; expected an audio file, or a clip's id"
    ):
        listen(order("gone.wav", tmp_path / "out"))
    with pytest.raises(
        UsageError, match=r"demo: unknown clip 'two-cities' \(did you mean 'two-cities-\d\d'\?\)"
    ):
        listen(order("two-cities", tmp_path / "out", "demo"))
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    with pytest.raises(SampleError, match=r"broken.wav: not readable as audio"):
        listen(order(tmp_path / "broken.wav", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_nothing_on_the_page_is_markup_by_accident() -> None:
    nasty = "\"'><img src=x onerror=alert(1)>&"
    panel = Panel(nasty, nasty, 0.5, nasty, nasty, {nasty: nasty}, nasty)
    page = page_of(nasty, nasty, 0, [panel])
    assert "<img src=x" not in page
    reader = HTMLParser()
    tags: list[str] = []
    reader.handle_starttag = lambda tag, attributes: tags.append(tag)  # type: ignore[method-assign]
    reader.feed(page)
    assert tags.count("img") == 1
    assert "script" not in tags
