"""A corpus from beginning to end, with real processes."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from troublesome import Trouble

from asrdiag.audio import read_audio
from asrdiag.corpus import session
from asrdiag.corpus.progress import CorpusDisplay, PlainCorpusDisplay, RichCorpusDisplay
from asrdiag.corpus.session import Executor, Order, Outcome, make_corpus
from asrdiag.datasets.manifest import ManifestSpec
from asrdiag.errors import UsageError
from asrdiag.simulation.noise_choice import noise_source

from .conftest import read_lines, recipe


def order(given: Path, **parts: Any) -> Order:
    one = recipe(**{name: parts.pop(name) for name in ("noise", "seed", "per_clip", "mix") if name in parts})
    return replace(Order(str(given), "en", None, one, "flac", None, 1000), **parts)


def make(order: Order, out: Path, workers: int = 2, executor: Executor = "local", **options: Any) -> Outcome:
    display = CorpusDisplay(Console(quiet=True))
    return make_corpus(order, out, display, workers=workers, executor=executor, command="test", **options)


def contents(out: Path) -> dict[str, str]:
    files = [path for folder in ("audio", "shards") for path in (out / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_result_is_a_dataset(manifest: Callable[..., Path], tmp_path: Path) -> None:
    outcome = make(order(manifest(3)), tmp_path / "out")
    assert (outcome.total, outcome.state.made, outcome.state.failed, outcome.nothing_to_do) == (
        6,
        6,
        0,
        False,
    )
    assert outcome.state.audio_s == pytest.approx(3.0)
    found = ManifestSpec(id="m", loader="manifest", path=tmp_path / "out" / "manifest.jsonl").utterances()
    assert [utterance.sample_id for utterance in found] == [
        f"clip{number}+{name}.m050" for number in range(3) for name in ("noise", "dropout")
    ]
    assert [utterance.reference for utterance in found[::2]] == ["words 0", "words 1", "words 2"]
    assert found[1].groups() == {"scenario": "dropout", "severity": "0.5", "speaker": "s0"}
    for utterance in found:
        assert len(read_audio(utterance.audio_path, 16_000)) == 8000
    log = json.loads((tmp_path / "out" / "simulate.json").read_text())
    assert (log["status"], log["made"], log["sessions"][0]["command"]) == ("complete", 6, "test")
    assert {path.name for path in (tmp_path / "out" / ".work").iterdir()} == {"state.json"}


@pytest.mark.parametrize("shards", [None, "tar", "parquet"])
def test_workers_change_nothing(manifest: Callable[..., Path], tmp_path: Path, shards: Any) -> None:
    one = order(
        manifest(10), per_clip=4, mix="release", noise=noise_source("babble"), shards=shards, shard_size=7
    )
    for workers in (1, 2):
        make(one, tmp_path / str(workers), workers=workers)
    assert (tmp_path / "1" / "manifest.jsonl").read_bytes() == (
        tmp_path / "2" / "manifest.jsonl"
    ).read_bytes()
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert len(contents(tmp_path / "1")) == (40 if shards is None else 6)  # 40 clips by 7


def test_again_finds_nothing_to_do_and_more_clips_are_added(
    manifest: Callable[..., Path], tmp_path: Path
) -> None:
    one, out = order(manifest(5)), tmp_path / "out"
    make(replace(one, limit=2), out)
    before = (out / "manifest.jsonl").read_bytes()
    again = make(replace(one, limit=2), out)
    assert (again.nothing_to_do, again.state.made) == (True, 4)
    assert (out / "manifest.jsonl").read_bytes() == before
    assert len(json.loads((out / "simulate.json").read_text())["sessions"]) == 1
    make(one, out)
    assert (out / "manifest.jsonl").read_bytes().startswith(before)
    make(one, tmp_path / "at once")
    assert (out / "manifest.jsonl").read_bytes() == (tmp_path / "at once" / "manifest.jsonl").read_bytes()


def test_a_corpus_made_otherwise_is_not_added_to(manifest: Callable[..., Path], tmp_path: Path) -> None:
    listing, out = manifest(2), tmp_path / "out"
    one = order(listing)
    make(one, out)
    for other, message in (
        (order(listing, seed=8), "recipe.seed: 7 -> 8"),
        (order(listing, noise=noise_source("fan")), 'recipe.noise.noise: "pink" -> "fan"'),
        (replace(one, format="wav"), 'format: "flac" -> "wav"'),
        (replace(one, shards="tar"), 'shards: null -> "tar"'),
    ):
        with pytest.raises(UsageError, match="holds a corpus that was made otherwise") as caught:
            make(other, out)
        assert message in str(caught.value)
    listing.write_text(listing.read_text().replace("words 1", "other words"))
    with pytest.raises(UsageError, match=r"made otherwise: input\.sha256: "):
        make(one, out)
    make(one, out, fresh=True)
    [aside] = tmp_path.glob("out.*")
    assert [row["text"] for row in read_lines(aside / "manifest.jsonl")][-1] == "words 1"
    assert [row["text"] for row in read_lines(out / "manifest.jsonl")][-1] == "other words"


class Killed(BaseException):
    """Stands for a kill: nothing is tidied up after it."""


@pytest.mark.parametrize(
    "moment", ["write_spool", "CorpusLog", "read_state", "Books", "_crew", "_make", "_tidy"]
)
def test_a_session_may_die_at_any_moment(
    manifest: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    one, out = order(manifest(3)), tmp_path / "out"
    original, calls = getattr(session, moment), []

    def dies(*arguments: Any, **options: Any) -> Any:
        calls.append(moment)
        if moment == "_tidy" and len(calls) == 1:
            return original(*arguments, **options)  # the first one is at the beginning
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(session, moment, dies)
        patch.setattr(session, "_leave", lambda *arguments: None)
        with pytest.raises(Killed):
            make(one, out)
    outcome = make(one, out)
    assert outcome.state.made == len({row["id"] for row in read_lines(out / "manifest.jsonl")}) == 6
    assert json.loads((out / "simulate.json").read_text())["status"] == "complete"
    assert {path.name for path in (out / ".work").iterdir()} == {"state.json"}


def test_places_that_hold_something_else(manifest: Callable[..., Path], tmp_path: Path) -> None:
    one = order(manifest(1))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("")
    with pytest.raises(UsageError, match="full has files in it but is no simulated corpus"):
        make(one, tmp_path / "full")
    with pytest.raises(UsageError, match=r"thesis.txt is a file"):
        make(one, tmp_path / "full" / "thesis.txt")
    with pytest.raises(UsageError, match="unknown dataset 'gone'"):
        make(order(Path("gone")), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_failures_are_recorded_and_the_rest_is_made(manifest: Callable[..., Path], tmp_path: Path) -> None:
    one = order(manifest(4, damaged=[1]), noise=Trouble(raises_on=("clip2",)))
    outcome = make(one, tmp_path / "out")
    assert (outcome.state.made, outcome.state.failed, outcome.state.tried) == (5, 3, 8)
    errors = read_lines(tmp_path / "out" / "errors.jsonl")
    assert [(error["id"], error["stage"]) for error in errors] == [
        ("clip1+noise.m050", "load"),
        ("clip1+dropout.m050", "load"),
        ("clip2+noise.m050", "degrade"),
    ]
    assert len(read_lines(tmp_path / "out" / "manifest.jsonl")) == 5


@pytest.mark.parametrize("shards", [None, "tar"])
def test_clips_that_end_their_process_cost_themselves_only(
    manifest: Callable[..., Path], tmp_path: Path, shards: Any
) -> None:
    one = order(manifest(20), noise=Trouble(dies_on=("clip3", "clip19")), shards=shards, shard_size=10)
    outcome = make(one, tmp_path / "out")
    errors = read_lines(tmp_path / "out" / "errors.jsonl")
    assert [(error["id"], error["type"]) for error in errors] == [
        ("clip3+noise.m050", "WorkerLost"),
        ("clip19+noise.m050", "WorkerLost"),
    ]
    assert "process ended while it had this clip" in errors[0]["message"]
    assert outcome.state.made == len(read_lines(tmp_path / "out" / "manifest.jsonl")) == 38


def test_a_process_that_ends_once_costs_nothing(manifest: Callable[..., Path], tmp_path: Path) -> None:
    outcome = make(order(manifest(6), noise=Trouble(dies_once=str(tmp_path / "died"))), tmp_path / "out")
    assert (tmp_path / "died").exists()
    assert (outcome.state.made, outcome.state.failed) == (12, 0)


def test_ray_makes_the_same(
    manifest: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="Ray is an extra: pip install 'asrdiag[ray]'")
    # Ray does not tell its workers where pytest found the module of this noise.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    one = order(manifest(8), per_clip=6, mix="release", noise=Trouble(dies_on=("clip5",)))
    make(one, tmp_path / "local")
    make(one, tmp_path / "ray", executor="ray")
    assert (tmp_path / "local" / "manifest.jsonl").read_bytes() == (
        tmp_path / "ray" / "manifest.jsonl"
    ).read_bytes()
    assert (tmp_path / "local" / "errors.jsonl").read_bytes() == (
        tmp_path / "ray" / "errors.jsonl"
    ).read_bytes()
    assert contents(tmp_path / "local") == contents(tmp_path / "ray")


def test_the_rich_display_shows_how_far_it_is() -> None:
    shown = io.StringIO()
    with RichCorpusDisplay(Console(file=shown, force_terminal=True, width=120, highlight=False)) as display:
        display.begin(total=1000, done=100, failed=0)
        display.advance(tried=50, failed=3, audio_s=250.0)
        display.note("[b]not markup[/b]")
    assert "150/1000" in shown.getvalue()
    assert "3 failed" in shown.getvalue()
    assert "[b]not markup[/b]" in shown.getvalue()


def test_the_plain_display_speaks_every_ten_seconds() -> None:
    lines: list[str] = []

    class Listener(Console):
        def print(self, *objects: Any, **options: Any) -> None:
            lines.extend(objects)

    now = iter([0.0, 0.0, 0.0, 4.0, 10.0, 10.0, 19.0])
    display = PlainCorpusDisplay(Listener(), clock=lambda: next(now))
    display.begin(total=1000, done=100, failed=0)
    display.advance(tried=50, failed=0, audio_s=250.0)  # at 4 s: too early
    display.advance(tried=50, failed=1, audio_s=245.0)  # at 10 s: 100 clips of 900 in 10 s, 800 to go
    display.advance(tried=50, failed=0, audio_s=250.0)
    # 495 s of audio in 10 s are 0.01375 hours a second
    assert lines == ["  200/1000 clips, 1 failed, 10.0 clips/s, 0.014 h of audio/s, ETA 80 s"]
