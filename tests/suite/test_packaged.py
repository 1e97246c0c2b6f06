"""The suites, systems and datasets that come with asrdiag."""

import json
import re
from pathlib import Path

import pytest
import yaml

from asrdiag.datasets import DATASETS
from asrdiag.datasets.corpus import CorpusSpec
from asrdiag.engines import ENGINES
from asrdiag.engines.transformers.spec import TransformersSpec
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


PLANS = {"doubao-asr", "kimi-audio-7b", "seed-asr", "step-audio-2-mini"}
FAMILIES = {
    "whisper-large-v3": "whisper",
    "qwen3-asr-1.7b": "qwen3-asr",
    "qwen3-asr-0.6b": "qwen3-asr",
    "canary-1b-v2": "canary",
    "parakeet-tdt-0.6b-v3": "parakeet-transducer",
    "voxtral-mini-3b-2507": "voxtral",
    "qwen2.5-omni-7b": "qwen2.5-omni",
    "moonshine-tiny-hub": "moonshine",
    "moonshine-base": "moonshine",
    "mega-asr": "qwen3-asr",
    "mega-asr-router": "qwen3-asr",
    "moonshine-tiny-torch": "moonshine",
    "moonshine-tiny-a2s": "moonshine",
    "moonshine-tiny-routed": "moonshine",
}


@pytest.mark.parametrize("entry", definitions("systems.yaml"), ids=lambda entry: entry["id"])
def test_a_definition_is_valid_if_its_engine_is_here(entry: dict[str, object], tmp_path: Path) -> None:
    engine = str(entry["engine"])
    assert (engine not in ENGINES.names()) == (entry["id"] in PLANS)
    if entry["id"] in PLANS:
        return
    text = json.dumps(entry)
    for name in ("MEGA_ASR_ADAPTER", "MEGA_ASR_ROUTER", "MOONSHINE_TINY"):
        text = text.replace(f"${{{name}}}", str(tmp_path))
    spec = ENGINES.load(engine).model_validate_json(text, context={"folder": FOLDER})
    assert isinstance(spec, TransformersSpec) == (entry["id"] in FAMILIES)
    if isinstance(spec, TransformersSpec):  # the keys are those of the model's family, which is on the hub
        family = FAMILIES[spec.id]
        assert spec.model_copy(update={"family": family}).facts().name == family


def test_a_plan_says_that_its_engine_is_not_here() -> None:
    systems = {system.id: system.state for system in ready_systems()}
    assert systems["kimi-audio-7b"] == "engine 'kimi-audio' is not in this version"
    assert {name for name, state in systems.items() if state.endswith("is not in this version")} == PLANS


def test_a_hosted_system_without_its_key_and_an_adapter_without_its_folder_say_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("OPENAI_API_KEY", "MEGA_ASR_ADAPTER", "MEGA_ASR_ROUTER"):
        monkeypatch.delenv(name, raising=False)
    systems = {system.id: system.state for system in ready_systems()}
    assert "the environment variable OPENAI_API_KEY is not set" in systems["gpt-4o-transcribe"]
    assert systems["mega-asr"] == "engine 'transformers'; cannot run here: set MEGA_ASR_ADAPTER"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    monkeypatch.setenv("MEGA_ASR_ADAPTER", str(tmp_path / "none"))
    systems = {system.id: system.state for system in ready_systems()}
    assert systems["gpt-4o-transcribe"] == "engine 'openai'; can run here"
    if "not installed" not in systems["whisper-large-v3"]:
        assert systems["mega-asr"].endswith(f"cannot run here: there is no folder {tmp_path / 'none'}")


def test_a_model_of_the_hub_is_looked_up_in_the_local_cache_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("torch", "transformers", "huggingface_hub"):
        pytest.importorskip(name, reason=f"{name} is not installed: pip install 'asrdiag[transformers]'")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)

    def state() -> str:
        return next(system.state for system in ready_systems() if system.id == "whisper-large-v3")

    absent = "engine 'transformers'; to be fetched first: openai/whisper-large-v3 from the Hugging Face hub"
    assert state() == absent
    place = tmp_path / "models--openai--whisper-large-v3"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("0" * 40)
    snapshot = place / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    assert state() == absent  # without its weights
    (snapshot / "model.safetensors").touch()
    assert state() == "engine 'transformers'; can run here"
    (snapshot / "model.safetensors").unlink()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert state() == f"{absent}, which HF_HUB_OFFLINE forbids"


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
