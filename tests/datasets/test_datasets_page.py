import re
from pathlib import Path

import pytest
import yaml

from asrdiag.datasets import DATASETS
from asrdiag.errors import UsageError

PAGE = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def entries(block):
    for entry in yaml.safe_load(block)["datasets"]:
        paths = {name: Path(entry[name]) for name in ("path", "root") if name in entry}
        lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
        yield entry | paths | lists


def test_every_loader_has_a_valid_entry():
    found = [entry for block in blocks("yaml") for entry in entries(block)]
    assert {entry["loader"] for entry in found} == set(DATASETS.names())
    for each in found:
        DATASETS.load(each["loader"])(**each)


@pytest.mark.parametrize(("language", "suffix"), [("json", ".jsonl"), ("csv", ".csv")])
def test_the_example_manifests_are_read(tmp_path, language, suffix):
    path = tmp_path / f"m{suffix}"
    path.write_text(blocks(language)[0], encoding="utf-8")
    utterances = DATASETS.load("manifest")(id="a", loader="manifest", path=path).utterances()
    assert [u.sample_id for u in utterances] == ["clips/a", "clips/b"]
    assert utterances[1].factors == {"room": "hall", "snr_db": 5.0}
    assert (utterances[1].offset_s, utterances[1].duration_s) == (1.5, 2.25)


def test_the_example_loader_works(tmp_path):
    namespace = {"__name__": "example"}
    exec(compile(blocks("python")[0], "docs/datasets.md", "exec"), namespace)
    spec = namespace["FolderSpec"](id="mine", loader="folder", root=tmp_path)
    (tmp_path / "a.wav").touch()
    with pytest.raises(UsageError, match=r"a.wav: found no transcript, expected it in a.txt"):
        spec.utterances()
    (tmp_path / "a.txt").write_text("the birch canoe\n", encoding="utf-8")
    assert [u.reference for u in spec.utterances()] == ["the birch canoe"]


def test_an_unknown_loader_lists_the_known():
    with pytest.raises(UsageError, match=r"unknown dataset loader 'libri'.*known: demo, manifest"):
        DATASETS.load("libri")
