"""The suites, systems and datasets that come with asrdiag."""

import re
from pathlib import Path

import pytest
import yaml

from asrdiag.datasets import DATASETS
from asrdiag.datasets.corpus import CorpusSpec
from asrdiag.errors import UsageError
from asrdiag.report.published_tables import system_ids
from asrdiag.runner.plan import Selection, make_plan
from asrdiag.suite import find_suite, load_suite, packaged_suites
from asrdiag.suite.load import allow_missing
from asrdiag.suite.packaged import packaged_documents
from asrdiag.suite.ready import ready_systems

ROOTS = ("CHIME4", "VOICES", "NOIZEUS", "VITW", "LIBRISPEECH", "COMMON_VOICE", "FLEURS", "AISHELL")
VARIABLES = {f"{name}_ROOT" for name in (*ROOTS, "WENETSPEECH", "VOXPOPULI")}
FOLDER = Path(__file__).parents[2] / "suites"


@pytest.fixture(autouse=True)
def _no_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def definitions(name: str) -> list[dict[str, object]]:
    """The entries of `systems.yaml` or `benchmarks.yaml`, read without asrdiag."""
    [entries] = [
        found for found in yaml.safe_load((FOLDER / name).read_text()).values() if isinstance(found, list)
    ]
    return entries


@pytest.mark.parametrize("name", packaged_suites())
def test_packaged_suites_are_valid(name: str) -> None:
    suite = load_suite(packaged_suites()[name]).suite
    assert suite.name == name
    assert suite.description


def test_the_benchmarks_of_the_adverse_and_the_standard_suite() -> None:
    found = {name: load_suite(packaged_suites()[name]) for name in ("adverse", "standard", "vitw", "noizeus")}
    assert found["adverse"].unset == {
        name: f"set {name.upper()}_ROOT" for name in ("chime4", "voices", "noizeus", "vitw")
    }
    assert list(found["standard"].unset) == [
        *("librispeech", "commonvoice-en", "commonvoice-zh", "fleurs-en", "fleurs-zh", "aishell1"),
        *("wenetspeech-net", "wenetspeech-meeting", "voxpopuli-en"),
    ]  # fmt: skip
    assert found["standard"].unset["aishell1"] == "set AISHELL_ROOT"
    assert (found["vitw"].unset, found["noizeus"].unset) == (
        {"vitw": "set VITW_ROOT"},
        {"noizeus": "set NOIZEUS_ROOT"},
    )


def test_every_benchmark_is_valid_and_names_the_root_that_its_card_does(tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    entries = definitions("benchmarks.yaml")
    path.write_text(
        "name: all\ninclude: [systems, benchmarks]\nsystems: [moonshine-tiny]\n"
        f"datasets: [{', '.join(str(entry['id']) for entry in entries)}]\n"
        "conditions: [{id: as_recorded, kind: as_recorded}]\n"
    )
    loaded = load_suite(path)
    for entry, spec in zip(entries, loaded.suite.datasets, strict=True):
        assert isinstance(spec, CorpusSpec)
        assert entry["root"] == f"${{{spec.card.root_variable}}}"
    assert {re.sub(r"[${}]", "", str(entry["root"])) for entry in entries} == VARIABLES
    # Those that published tables have a column for; the tables join by these names.
    corpora = {name for name in DATASETS.names() if name not in ("demo", "manifest", "hf_dataset")}
    assert {entry["loader"] for entry in entries} == corpora


def test_the_released_benchmark_is_scored_by_its_own_rules() -> None:
    [spec] = load_suite(find_suite("vitw")).suite.datasets
    assert spec.normalizer == {"en": "vitw-english@1", "zh": "vitw-chinese@1"}


def test_the_systems_of_the_published_tables_are_ready_or_announced() -> None:
    systems = {system.id: system for system in ready_systems()}
    assert list(systems) == [entry["id"] for entry in definitions("systems.yaml")]
    assert systems["moonshine-tiny"].state == "engine 'moonshine'; can run here"
    for entry in definitions("systems.yaml"):
        if entry["engine"] not in ("moonshine", "pocketsphinx"):
            assert systems[str(entry["id"])].model == entry["model"]
    assert systems["whisper-large-v3"].model == "openai/whisper-large-v3"
    # The tables join measured and published results by these ids.
    assert set(system_ids().values()) <= systems.keys()


def test_a_model_that_is_not_installed_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asrdiag.engines.moonshine.find_files", lambda: None)
    state = next(system.state for system in ready_systems() if system.id == "moonshine-tiny")
    assert state.startswith("engine 'moonshine'; cannot run here: the model files of Moonshine Tiny are not")


def test_one_id_means_one_thing_in_all_packaged_files() -> None:
    meaning: dict[tuple[str, str], object] = {}
    for document in packaged_documents():
        for kind in ("systems", "datasets"):
            for entry in document.data.get(kind, ()):
                if not isinstance(entry, str):
                    assert meaning.setdefault((kind, entry["id"]), entry) == entry, (document.path, entry)


@pytest.mark.parametrize("name", ["systems", "benchmarks", "systems.yaml"])
def test_definitions_are_no_suite(name: str) -> None:
    with pytest.raises(
        UsageError, match="found definitions for suites to include, and no name; expected a suite"
    ):
        load_suite(find_suite(name))


@pytest.mark.parametrize("name", ["standard", "vitw", "noizeus"])
def test_a_suite_that_can_run_nothing_says_what_to_set(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_plan(load_suite(find_suite(name)), Selection())
    first = {"standard": "librispeech"}.get(name, name)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"dataset '{first}' cannot be run: set {first.upper()}_ROOT"
    loader = {"vitw": "vitw_bench"}.get(first, first)
    how = "set it in the environment or by --data NAME=PATH"
    assert lines[-1] == f"{how}; `asrdiag datasets show {loader}` says where to get it"


@pytest.mark.parametrize("root", ["nowhere", "."])
def test_a_root_that_is_not_the_corpus_is_no_reason_to_leave_it_out(tmp_path: Path, root: str) -> None:
    place = str(tmp_path / root)
    loaded = load_suite(find_suite("adverse"), {"NOIZEUS_ROOT": place})
    assert "noizeus" not in loaded.unset
    with pytest.raises(UsageError, match=rf"noizeus.*{re.escape(place)}"):
        make_plan(loaded, Selection())


def test_missing_files_are_allowed_for_the_corpora_that_are_selected() -> None:
    loaded = load_suite(find_suite("adverse"))
    some = allow_missing(loaded, 7, ["demo", "voices"]).suite.datasets
    assert [getattr(spec, "allow_missing", None) for spec in some] == [None, 0, 7, 0, 0]
    every = allow_missing(loaded, 7).suite.datasets
    assert [getattr(spec, "allow_missing", None) for spec in every] == [None, 7, 7, 7, 7]
    with pytest.raises(UsageError, match=r"no selected dataset is a published corpus \(demo\)"):
        allow_missing(loaded, 7, ["demo"])
