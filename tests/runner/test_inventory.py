"""A dataset of many rows is read, counted and looked at some thousand rows at a time."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from corpora.sounds import write_tone

from asrdiag.datasets import DATASETS
from asrdiag.datasets.base import DatasetSpec, Utterance
from asrdiag.errors import UsageError
from asrdiag.runner import inventory
from asrdiag.runner.dataset import LoadedDataset, load_dataset
from asrdiag.runner.inventory import take_inventory

N = 20_000


@pytest.fixture
def manifest(tmp_path: Path) -> Any:
    """Writes a manifest and loads it."""

    def load(rows: Any, limit: int | None = None, groups: Any = "all") -> LoadedDataset:
        path = tmp_path / "m.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        spec = DATASETS.load("manifest")(id="m", loader="manifest", path=path)
        return load_dataset(spec, limit, groups)

    return load


@pytest.fixture
def headers(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files whose headers are read."""
    read: list[bytes] = []
    quick = inventory.plain_wav

    def plain_wav(path: bytes) -> Any:
        read.append(path)
        return quick(path)

    monkeypatch.setattr(inventory, "plain_wav", plain_wav)
    return read


def test_counts_are_over_all_rows(manifest: Any) -> None:
    rows = (
        {
            "audio": "a.wav",
            "text": "x",
            "id": f"u{number}",
            "subset": f"s{number % 3}",
            "language": "zh" if number % 2 else "en",
            "speaker": f"p{number % 2}",
            "factors": {"snr_db": number % 4} if number % 5 else None,
        }
        for number in range(N)
    )
    loaded = manifest(rows, limit=7, groups=("snr_db",))
    assert (len(loaded.utterances), len(loaded.selected), loaded.n_selected) == (N, 7, 7)
    assert loaded.languages == ("en", "zh")
    # Of 20000 rows 6667, 6667 and 6666 are in the three subsets, in turn of even and odd number.
    assert loaded.n_expected["s0"] == {"en": 3334, "zh": 3333}
    assert loaded.n_expected["s2"] == {"en": 3333, "zh": 3333}
    # Every fifth has no factors: 4 of 20 rows, one or more of each remainder by 4, so 4000 of each are left.
    assert loaded.groups == {"snr_db": {str(snr): {"zh" if snr % 2 else "en": 4000} for snr in range(4)}}
    assert loaded.factors == ("snr_db", "speaker")


def test_a_long_file_is_looked_at_once(manifest: Any, tmp_path: Path, headers: list[bytes]) -> None:
    write_tone(tmp_path / "long.wav", seconds=100)
    rows = [
        {"audio": "long.wav", "text": "x", "id": f"u{number}", "offset": number * 0.0025, "duration": 50}
        for number in range(N)
    ]
    found = take_inventory(manifest(rows))
    assert headers == [os.fsencode(tmp_path / "long.wav")]
    assert found.clips == N
    assert found.n_problems == 0
    assert found.audio_s == 50 * N
    # Those that begin after 50.001 s do not end inside it: 0.0025 * 20001 = 50.0025.
    rows.append({"audio": "long.wav", "text": " ", "id": "late", "offset": 0.0025 * 20001, "duration": 50})
    found = take_inventory(manifest(rows))
    assert (found.n_problems, found.empty_references) == (1, 1)
    assert found.problems == (f"m: late: {tmp_path}/long.wav: has 100.000 s, the stretch ends at 100.002 s",)


def test_many_files_are_each_looked_at(manifest: Any, tmp_path: Path, headers: list[bytes]) -> None:
    first = write_tone(tmp_path / "0.wav", seconds=0.05)
    for number in range(1, N):
        os.link(first, tmp_path / f"{number}.wav")
    (tmp_path / "7.wav").unlink()
    found = take_inventory(manifest({"audio": f"{number}.wav", "text": "x"} for number in range(N)))
    assert len(headers) == len(set(headers)) == N
    assert found.audio_s == pytest.approx(0.05 * (N - 1))
    assert found.problems == (f"m: 7: {tmp_path}/7.wav: no such file; expected an audio file",)


def test_headers_are_forgotten_in_time(manifest: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(inventory, "_HEADERS_KEPT", 10)
    for number in range(40):
        write_tone(tmp_path / f"{number}.wav", seconds=0.05)
    rows = [{"audio": f"{n % 40}.wav", "text": "x", "id": f"u{n}", "duration": 0.05} for n in range(N)]
    assert take_inventory(manifest(rows)).audio_s == pytest.approx(0.05 * N)


def test_of_problems_some_are_named_and_all_are_counted(manifest: Any) -> None:
    found = take_inventory(manifest({"audio": f"{number}.wav", "text": "x"} for number in range(1500)))
    assert found.n_problems == 1500
    assert len(found.problems) == 1000
    assert found.problem_lines()[-1] == "and 500 more clips that cannot be read"


class Given(DatasetSpec):
    """Utterances of a test."""

    given: tuple[Any, ...] = ()

    def utterances(self) -> tuple[Utterance, ...]:
        return self.given


@pytest.mark.parametrize(
    ("utterances", "message"),
    [
        ([], "dataset 'it' has no utterances"),
        (["a", "b", "c", "b", "a"], "dataset 'it': utterance 'b' comes twice"),
    ],
)
def test_what_no_dataset_may_have(utterances: list[str], message: str) -> None:
    given = tuple(Utterance(name, Path("x.wav"), "x") for name in utterances)
    with pytest.raises(UsageError) as caught:
        load_dataset(Given(id="it", loader="given", given=given), None, ())
    assert str(caught.value) == message


def test_a_speaker_is_no_factor() -> None:
    given = (
        Utterance("a", Path("x.wav"), "x"),
        Utterance("b", Path("x.wav"), "x", factors={"speaker": "p"}),
    )
    with pytest.raises(UsageError, match="utterance 'b' has a factor 'speaker'; a speaker is given as such"):
        load_dataset(Given(id="it", loader="given", given=given), None, ())
