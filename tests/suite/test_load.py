"""Suites: what is wrong is said in one go, with file, line, what was found and what was expected."""

from collections.abc import Callable
from pathlib import Path

import pytest

from asrdiag.errors import UsageError
from asrdiag.suite import find_suite, load_suite, packaged_suites

GOOD = """\
schema: 1
name: good
systems:
  - id: moonshine-tiny
    engine: moonshine
datasets:
  - id: demo
    loader: demo
conditions:
  - id: as_recorded
    kind: as_recorded
  - id: white
    kind: additive_noise
    noise: white
    snr_db: [10, 0]
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def to_file(text: str) -> Path:
        path = tmp_path / "suite.yaml"
        path.write_text(text)
        return path

    return to_file


def complaint(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load_suite(path, {})
    assert caught.value.exit_status == 2
    return str(caught.value)


def test_a_good_suite_expands_its_levels(write: Callable[[str], Path]) -> None:
    loaded = load_suite(write(GOOD))
    assert [condition.id for condition in loaded.conditions] == ["as_recorded", "white.snr10", "white.snr0"]
    assert loaded.entry_of["white.snr0"] == "white"
    assert loaded.suite.on_error.retry == 1


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (
            ("name: good", "nam: good"),
            2,
            "nam: unknown key 'nam' (did you mean 'name'?); known: schema, name",
        ),
        (
            ("    engine: moonshine", "    engine: monshine"),
            4,
            "unknown engine 'monshine' (did you mean 'moonshine'?)",
        ),
        (("    engine: moonshine", "    engin: moonshine"), 4, "the key 'engine' is missing"),
        (
            ("    engine: moonshine", "    engine: moonshine\n    beam: 4"),
            6,
            "unknown key 'beam'; known: id, engine",
        ),
        (
            ("    loader: demo", "    loader: demos"),
            7,
            "unknown dataset loader 'demos' (did you mean 'demo'?)",
        ),
        (("    kind: as_recorded", "    kind: clean"), 10, "unknown condition kind 'clean'"),
        (
            ("snr_db: [10, 0]", "snr_db: [10, [0]]"),
            15,
            "conditions[1].snr_db[1]: found [0], expected a valid number",
        ),
        (
            ("noise: white", "noise: {foldr: x}"),
            14,
            "conditions[1].noise.foldr: unknown key 'foldr' (did you mean",
        ),
        (("snr_db: [10, 0]", "snr_db: loud"), 15, "found 'loud', expected"),
        (("snr_db: [10, 0]", "snr_db: [10, 10]"), 15, "10 is listed twice"),
        (("id: white", "id: as_recorded"), 12, "the id 'as_recorded' is used twice"),
        (("id: white", "id: White Noise"), 12, "expected lower-case letters"),
        (("name: good", "name: good\nname: bad"), 3, "the key 'name' is given twice"),
        (("name: good", "name: good\nseed: [1]"), 3, "seed: found [1], expected a valid integer"),
        (("name: good", 'name: good\nseed: "7"'), 3, "seed: found '7', expected a valid integer"),
        (
            ("name: good", "name: good\non_error: {retrys: 2}"),
            3,
            "unknown key 'retrys' (did you mean 'retry'?)",
        ),
        (("name: good", "name: good\nnormalizer: whisper"), 3, "unknown normaliser 'whisper'"),
        (("name: good", "name: good\nnormalizer: {en: whisper}"), 3, "normalizer.en: unknown normaliser"),
        (("name: good", "name: good\nnormalizer: {English: none}"), 3, "'English' is not a language tag"),
        (("name: good", "name: good\nnormalizer: {en: none, EN: none}"), 3, "are the same language"),
        (("name: good", "name: good\nnormalizer: {en: 3}"), 3, "normalizer.en: found 3, expected a valid"),
        (("name: good", "name: good\nnormalizer: [none]"), 3, "normalizer: found ['none'], expected a valid"),
        (
            ("loader: demo", "loader: demo\n    normalizer: {zh: chinese}"),
            9,
            "datasets[0].normalizer.zh: unknown normaliser 'chinese' (did you mean 'chinese@1'?)",
        ),
        (
            ("name: good", "name: good\nmatrix: [{systems: [x]}]"),
            3,
            "matrix[0].systems[0]: unknown system 'x'",
        ),
        (("name: good", "name: ${NO_SUCH_NAME}"), 2, "name: ${NO_SUCH_NAME} is not set"),
        (("schema: 1", "schema: 2"), 1, "schema: found 2, expected 1"),
        (("schema: 1", "1: 1"), 1, "found the key 1, expected text"),
        (("name: good", "name: good\nmatrix: [{<<: {systems: [x]}}]"), 3, "found '<<', which merges nothing"),
        (("schema: 1", "schema: *x"), 1, "not valid YAML"),
        (("schema: 1", "schema: &x [*x]"), 1, "an alias may not contain itself"),
        (("schema: 1", "schema: ["), 3, "not valid YAML"),
        (("schema: 1", "schema: true"), 1, "found True, expected a valid integer"),
        (("schema: 1", "schema: !!int abc"), 1, "found 'abc', which is no valid int"),
        (("schema: 1", "schema: " + "9" * 5000), 1, "no valid int"),
        (("schema: 1", "schema: !!binary aGk="), 1, "not valid YAML: found 'binary'"),
        (("schema: 1", "schema: {? [a] : b}"), 1, "not valid YAML: found 'seq'"),
        (("name: good", 'name: good\ndescription: "\\ud800"'), 3, "which is no valid str"),
        (("name: good", "name: good\nmatrix: [{systems: []}]"), 3, "found [], expected at least one entry"),
        (
            ("name: good", "name: good\nmatrix: [{systems: ps}]"),
            3,
            "found 'ps', expected a valid array or",
        ),
        (("name: good", "name: good\nseed: 1:30"), 3, "found '1:30', expected a valid integer"),
        (("schema: 1", "schema: !!python/object/apply:os.getcwd []"), 1, "not valid YAML"),
    ],
)
def test_a_mistake_names_its_line(
    write: Callable[[str], Path], change: tuple[str, str], line: int, said: str
) -> None:
    assert change[0] in GOOD
    path = write(GOOD.replace(*change, 1))
    text = complaint(path)
    assert said in text
    assert any(part.startswith(f"{path}:{line}:") for part in text.splitlines()), text


def test_scalars_are_those_of_yaml_1_2(write: Callable[[str], Path]) -> None:
    suite = load_suite(
        write(GOOD.replace("name: good", "name: no\ndescription: 2026-01-01\nseed: 010"))
    ).suite
    assert (suite.name, suite.description, suite.seed) == ("no", "2026-01-01", 10)


def test_a_few_aliases_cannot_stand_for_billions_of_values(write: Callable[[str], Path]) -> None:
    levels = "\n".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 12))
    assert "too many for a suite" in complaint(write(f"x0: &x0 [a]\n{levels}\n"))


def test_a_file_with_control_characters_is_no_yaml(write: Callable[[str], Path]) -> None:
    assert "not valid YAML" in complaint(write("name: a\x00b\n"))


def test_brackets_without_end_are_no_suite(write: Callable[[str], Path]) -> None:
    assert "suite.yaml" in complaint(write("x: " + "[" * 3000 + "]" * 3000))


def test_a_variable_that_the_suite_does_not_use_is_a_mistake(write: Callable[[str], Path]) -> None:
    path = write(GOOD.replace("loader: demo", "loader: manifest\n    path: ${CORPUS}/list.jsonl"))
    with pytest.raises(UsageError, match=r"unknown variable 'CORPS' \(did you mean 'CORPUS'\?\)"):
        load_suite(path, {"CORPS": "/x"})


def test_several_mistakes_are_all_told(write: Callable[[str], Path]) -> None:
    text = complaint(write(GOOD.replace("moonshine\n", "nothing\n").replace("name: good", "nam: good")))
    assert len(text.splitlines()) == 3  # unknown key, missing key, unknown engine


@pytest.mark.parametrize(
    ("text", "said"), [("", "found nothing"), ("- a\n", "found a list"), ("\xff", "expected")]
)
def test_what_is_no_suite_is_said_so(write: Callable[[str], Path], text: str, said: str) -> None:
    assert said in complaint(write(text))


def test_a_file_that_is_not_text_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read as a UTF-8 text file" in complaint(path)


def test_variables_come_from_the_command_line_before_the_environment(
    write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(GOOD.replace("loader: demo", "loader: manifest\n    path: ${CORPUS}/list.jsonl"))
    monkeypatch.setenv("CORPUS", "/from/environment")
    assert str(load_suite(path).suite.datasets[0].path) == "/from/environment/list.jsonl"
    assert str(load_suite(path, {"CORPUS": "/from/flag"}).suite.datasets[0].path) == "/from/flag/list.jsonl"


def test_an_unset_dataset_root_is_no_error_yet(write: Callable[[str], Path]) -> None:
    path = write(GOOD.replace("loader: demo", "loader: manifest\n    path: ${NO_SUCH_ROOT}/list.jsonl"))
    assert load_suite(path, {}).unset == {"demo": "set NO_SUCH_ROOT"}


def test_a_relative_path_starts_at_the_suite(write: Callable[[str], Path], tmp_path: Path) -> None:
    path = write(GOOD.replace("loader: demo", "loader: manifest\n    path: data/list.jsonl"))
    assert load_suite(path).suite.datasets[0].path == tmp_path / "data/list.jsonl"


def test_a_normaliser_may_be_given_for_each_language(write: Callable[[str], Path]) -> None:
    text = GOOD.replace("loader: demo", "loader: demo\n    normalizer: {en: none, zh: vitw-chinese@1}")
    suite = load_suite(write(f"{text}normalizer: {{fr: basic@1}}\n")).suite
    assert suite.datasets[0].normalizer == {"en": "none", "zh": "vitw-chinese@1"}
    assert suite.normalizer == {"fr": "basic@1"}


def test_suites_are_found_by_name_and_by_path(
    write: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quickstart").mkdir()  # a corpus, say
    for name in ("quickstart", "quickstart.yaml", "suites/quickstart.yaml"):
        assert find_suite(name) == packaged_suites()["quickstart"]
    for name in ("./quickstart", "../suites/quickstart.yaml", "suites/", "suites/suites/quickstart"):
        with pytest.raises(UsageError, match=r"unknown packaged suite|is a folder"):
            find_suite(name)
    path = write(GOOD)
    assert find_suite(str(path)) == path
    with pytest.raises(UsageError, match=r"unknown packaged suite 'quikstart' \(did you mean 'quickstart'"):
        find_suite("quikstart")
