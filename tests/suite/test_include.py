"""Suites that include files: what is taken of them, what is not looked at, and what is wrong where."""

from collections.abc import Callable
from pathlib import Path

import pytest

from asrdiag.errors import UsageError
from asrdiag.suite.load import LoadedSuite, load_suite

SUITE = """\
name: good
include: [shared/defs.yaml]
systems: [tiny]
datasets:
  - id: demo
    loader: demo
  - mine
conditions:
  - id: as_recorded
    kind: as_recorded
  - white
"""

DEFINITIONS = """\
systems:
  - id: tiny
    engine: moonshine
  - id: large
    engine: transformers
    model: openai/whisper-large-v3
    key: ${NO_SUCH_KEY}
  - id: classical
    engine: pocketsphinx
datasets:
  - id: mine
    loader: manifest
    path: lists/mine.jsonl
  - id: theirs
    loader: manifest
    path: ${THEIR_ROOT}/list.jsonl
conditions:
  - id: white
    kind: additive_noise
    noise: white
    snr_db: [10, 0]
  - id: loud
    kind: additive_noise
    noise: white
    snr_db: loud
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a suite and the files that it includes, each by its path below the suite's folder."""

    def to_files(suite: str = SUITE, /, **included: str) -> Path:
        files = {"shared/defs.yaml": DEFINITIONS} | included
        for name, text in {"suite.yaml": suite, **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return tmp_path / "suite.yaml"

    return to_files


def complaint(path: Path, **more: dict[str, str]) -> list[str]:
    with pytest.raises(UsageError) as caught:
        load_suite(path, **more)
    assert caught.value.exit_status == 2
    return str(caught.value).splitlines()


def ids(loaded: LoadedSuite, kind: str) -> list[str]:
    return [entry.id for entry in getattr(loaded.suite, kind)]


def test_a_suite_takes_what_it_names_in_the_order_of_its_lists(write: Write, tmp_path: Path) -> None:
    loaded = load_suite(write())
    assert ids(loaded, "systems") == ["tiny"]
    assert ids(loaded, "datasets") == ["demo", "mine"]
    assert [condition.id for condition in loaded.conditions] == ["as_recorded", "white.snr10", "white.snr0"]
    assert [document.path for document in loaded.included] == [tmp_path / "shared/defs.yaml"]
    assert loaded.unused == {
        "systems": ("large", "classical"),
        "datasets": ("theirs",),
        "conditions": ("loud",),
    }
    assert loaded.added == {"systems": (), "datasets": (), "conditions": ()}
    assert loaded.unset == {}


def test_a_path_starts_at_the_file_that_it_stands_in(write: Write, tmp_path: Path) -> None:
    own = SUITE.replace("  - mine\n", "  - mine\n  - id: own\n    loader: manifest\n    path: own.jsonl\n")
    paths = [getattr(spec, "path", None) for spec in load_suite(write(own)).suite.datasets]
    assert paths == [None, tmp_path / "shared/lists/mine.jsonl", tmp_path / "own.jsonl"]


def test_definitions_are_added_by_their_ids(write: Write) -> None:
    path = write()
    add = {"systems": ["classical", "tiny", "nobody"], "datasets": ["theirs"]}
    loaded = load_suite(path, {"THEIR_ROOT": "/theirs"}, add)
    assert ids(loaded, "systems") == ["tiny", "classical"]
    assert str(loaded.suite.datasets[-1].path) == "/theirs/list.jsonl"
    assert loaded.added == {"systems": ("classical",), "datasets": ("theirs",), "conditions": ()}
    assert loaded.unused["systems"] == ("large",)


def test_an_added_dataset_without_its_root_is_not_run(write: Write) -> None:
    assert load_suite(write(), None, {"datasets": ["theirs"]}).unset == {"theirs": "set THEIR_ROOT"}


def test_what_is_added_has_cells_though_the_matrix_does_not_name_it(write: Write) -> None:
    path = write(f"{SUITE}matrix:\n  - datasets: [demo]\n    conditions: [as_recorded]\n")
    blocks = load_suite(path, None, {"systems": ["classical"], "datasets": ["theirs"]}).suite.matrix
    # Of the systems a block has all, so that only the dataset needs one of its own.
    assert [(block.systems, block.datasets) for block in blocks] == [("all", ("demo",)), ("all", ("theirs",))]


def test_variables_of_definitions_that_are_not_used_are_known(write: Write) -> None:
    path = write()
    assert load_suite(path, {"THEIR_ROOT": "/theirs", "NO_SUCH_KEY": "x"}).unset == {}
    [said] = complaint(path, data={"THEIR_ROT": "/theirs"})
    assert "unknown variable 'THEIR_ROT' (did you mean 'THEIR_ROOT'?)" in said


@pytest.mark.parametrize(
    ("add", "line", "said"),
    [
        ({"systems": ["large"]}, 7, "systems[1].key: ${NO_SUCH_KEY} is not set"),
        ({"conditions": ["loud"]}, 25, "conditions[1].snr_db[0]: found 'loud', expected"),
    ],
)
def test_a_definition_is_checked_when_it_is_used(
    write: Write, tmp_path: Path, add: dict[str, list[str]], line: int, said: str
) -> None:
    text = "\n".join(complaint(write(), add=add))
    assert f"{tmp_path / 'shared/defs.yaml'}:{line}: {said}" in text


def test_an_engine_of_a_packaged_definition_is_not_in_this_version(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asrdiag.suite.explain._announced", lambda: {"telepathy"})
    path = write(**{"shared/defs.yaml": DEFINITIONS.replace("engine: moonshine", "engine: telepathy")})
    [said] = complaint(path)
    assert "defs.yaml:2: systems[0]: the engine 'telepathy' is not in this version of asrdiag" in said
    assert "it has: moonshine, pocketsphinx" in said


def test_files_include_files_each_once(write: Write, tmp_path: Path) -> None:
    more = {
        "shared/defs.yaml": f"include: [../more.yaml]\n{DEFINITIONS}",
        "more.yaml": "systems:\n  - id: third\n    engine: pocketsphinx\n",
    }
    suite = SUITE.replace("[tiny]", "[third, tiny]").replace("defs.yaml]", "defs.yaml, more.yaml]")
    loaded = load_suite(write(suite, **more))
    assert ids(loaded, "systems") == ["third", "tiny"]
    assert [document.path.name for document in loaded.included] == ["defs.yaml", "more.yaml"]


def test_a_suite_may_be_included_for_its_definitions(write: Write) -> None:
    other = (
        "name: other\nseed: 9\nmatrix: [{systems: [tiny]}]\ninclude: [shared/defs.yaml]\nsystems: [tiny]\n"
    )
    other += "conditions:\n  - id: hall\n    kind: as_recorded\n"
    path = write(
        SUITE.replace("[shared/defs.yaml]", "[other.yaml]").replace("- white", "- hall"),
        **{"other.yaml": other},
    )
    loaded = load_suite(path)
    assert [condition.id for condition in loaded.conditions] == ["as_recorded", "hall"]
    assert loaded.suite.seed == 0
    assert len(loaded.suite.matrix) == 1


def test_a_packaged_file_is_included_by_name_and_one_beside_the_suite_comes_first(
    write: Write, tmp_path: Path
) -> None:
    suite = SUITE.replace("[tiny]", "[tiny, pocketsphinx]")
    for name in ("systems", "systems.yaml"):
        loaded = load_suite(write(suite.replace("defs.yaml]", f"defs.yaml, {name}]")))
        assert ids(loaded, "systems") == ["tiny", "pocketsphinx"]
    (tmp_path / "systems.yaml").write_text("systems: []\n")
    [said] = complaint(tmp_path / "suite.yaml")
    assert "unknown system 'pocketsphinx'; known: tiny, large, classical" in said


@pytest.mark.parametrize(
    ("suite", "included", "where", "said"),
    [
        (("[tiny]", "[tinny]"), {}, "suite.yaml:3", "unknown system 'tinny' (did you mean 'tiny'?)"),
        (("- white", "- wite"), {}, "suite.yaml:11", "conditions[1]: unknown condition 'wite'"),
        (("[tiny]", "[tiny, tiny]"), {}, "suite.yaml:3", "systems[1]: 'tiny' is named twice"),
        (
            ("[tiny]", "[{id: tiny, engine: moonshine}]"),
            {},
            "suite.yaml:3",
            "systems[0].id: the id 'tiny' is used in",
        ),
        (("include: [shared/defs.yaml]", ""), {}, "suite.yaml:3", "no included file defines any systems"),
        (("[shared/defs.yaml]", "[nowhere.yaml]"), {}, "suite.yaml:2", "include[0]: there is no file"),
        (("[shared/defs.yaml]", "[shared]"), {}, "suite.yaml:2", "unknown packaged file 'shared'"),
        (("[shared/defs.yaml]", "shared/defs.yaml"), {}, "suite.yaml:2", "expected a list of files"),
        (("[shared/defs.yaml]", "[[a]]"), {}, "suite.yaml:2", "expected a list of files"),
        (("[shared/defs.yaml]", '["${NO_DIR}/a.yaml"]'), {}, "suite.yaml:2", "${NO_DIR} is not set"),
        (("[shared/defs.yaml]", "[suite.yaml]"), {}, "suite.yaml:2", "include[0]: a circle: "),
        (("[tiny]", "[]"), {}, "suite.yaml:3", "systems: found [], expected at least one entry"),
        (("[tiny]", "tiny"), {}, "suite.yaml:3", "systems: found 'tiny', expected a valid"),
        (("[tiny]", "[3]"), {}, "suite.yaml:3", "systems[0]: found 3, expected"),
        ((), {"shared/defs.yaml": ""}, "defs.yaml:1", "found nothing, expected definitions"),
        ((), {"shared/defs.yaml": "- tiny\n"}, "defs.yaml:1", "found a list, expected definitions"),
        ((), {"shared/defs.yaml": "system: []\n"}, "defs.yaml:1", "unknown key 'system' (did you mean"),
        ((), {"shared/defs.yaml": "seed: 3\nsystems: []\n"}, "defs.yaml:1", "unknown key 'seed'"),
        ((), {"shared/defs.yaml": "schema: 2\n"}, "defs.yaml:1", "schema: found 2, expected 1"),
        ((), {"shared/defs.yaml": "systems: tiny\n"}, "defs.yaml:1", "'tiny', expected a list of entries"),
        ((), {"shared/defs.yaml": "systems:\n- engine: x\n"}, "defs.yaml:2", "systems[0]: found no id"),
        ((), {"shared/defs.yaml": "systems:\n- id: 3\n"}, "defs.yaml:2", "systems[0]: found no id"),
        ((), {"shared/defs.yaml": "systems:\n- {id: a}\n- {id: a}\n"}, "defs.yaml:3", "the id 'a' is used"),
        ((), {"shared/defs.yaml": "systems: [b]\n"}, "defs.yaml:1", "no included file defines any systems"),
        ((), {"shared/defs.yaml": "systems: ["}, "defs.yaml:1", "not valid YAML"),
        ((), {"shared/defs.yaml": "include: [defs.yaml]\n"}, "defs.yaml:1", "a circle: "),
    ],
)
def test_a_mistake_names_its_file_and_line(
    write: Write, tmp_path: Path, suite: tuple[str, str], included: dict[str, str], where: str, said: str
) -> None:
    assert not suite or suite[0] in SUITE
    path = write(SUITE.replace(*suite, 1) if suite else SUITE, **included)
    text = complaint(path)
    assert any(line.startswith(str(tmp_path)) and f"{where}:" in line and said in line for line in text), text


def test_a_circle_names_its_chain(write: Write, tmp_path: Path) -> None:
    path = write(**{"shared/defs.yaml": "include: [../b.yaml]\n", "b.yaml": "include: [shared/defs.yaml]\n"})
    [said] = complaint(path)
    b, defs = tmp_path / "b.yaml", tmp_path / "shared/defs.yaml"
    chain = (
        f"{defs} includes {tmp_path / 'shared/../b.yaml'} includes {tmp_path / 'shared/../shared/defs.yaml'}"
    )
    assert said.endswith(f"include[0]: a circle: {chain}"), said
    assert b.exists()
    assert defs.exists()


def test_mistakes_of_several_files_are_told_together(write: Write) -> None:
    text = complaint(write(SUITE.replace("kind: as_recorded", "kind: as_is").replace("- white", "- loud")))
    assert [line.split(":")[0].rsplit("/", 1)[1] for line in text] == ["suite.yaml", "defs.yaml"]


def test_an_included_file_that_is_not_text_is_named(write: Write, tmp_path: Path) -> None:
    path = write()
    (tmp_path / "shared/defs.yaml").write_bytes(b"\xff\xfe\x00")
    assert "defs.yaml: cannot be read as a UTF-8 text file" in complaint(path)[0]
