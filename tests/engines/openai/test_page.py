"""What the documentation page says of the engine holds."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from conftest import Command
from run_files import records
from scripted_server import Say, ScriptedServer

from asrdiag.engines import ENGINES
from asrdiag.engines.base import EngineSpec
from asrdiag.hosted import failures
from asrdiag.hosted.failures import HostedFailure

PAGE = (Path(__file__).parents[3] / "docs" / "engines.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## openai\n")[2].partition("\n## ")[0]
SUITES = [
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
]


def test_every_system_shown_is_valid() -> None:
    shown = [ENGINES.load("openai")(**system) for suite in SUITES for system in suite["systems"]]
    assert {spec.api for spec in shown} == {"transcriptions", "chat"}


def test_every_key_and_its_default_is_in_the_table() -> None:
    spec: Any = ENGINES.load("openai")
    rows = dict(re.findall(r"^\| (`.*?) \| (.*?) \|", SECTION, re.MULTILINE))
    documented = {name: default for names, default in rows.items() for name in re.findall(r"`(\w+)`", names)}
    assert documented.keys() == spec.model_fields.keys() - EngineSpec.model_fields.keys()
    for name, default in documented.items():
        if value := re.fullmatch(r"`(.+)`", default):
            assert yaml.safe_load(value[1]) == spec.model_fields[name].get_default(call_default_factory=True)
        else:
            assert spec.model_fields[name].is_required() == (default == "required")


def test_every_failure_is_named() -> None:
    kinds = [kind for kind in vars(failures).values() if isinstance(kind, type)]
    for kind in kinds:
        assert kind is HostedFailure or f"`{kind.__name__}`" in SECTION


def test_the_suite_for_a_server_of_ones_own_runs(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    [shown] = [suite for suite in SUITES if "datasets" in suite]
    with ScriptedServer(lambda clip, time: Say({"text": "it was the best of times"})) as server:
        shown["systems"][0]["base_url"] = server.url
        (tmp_path / "served.yaml").write_text(yaml.safe_dump(shown))
        done = asrdiag("run", "served.yaml")
    assert done.returncode == 0, done.stderr
    found = records(tmp_path / "runs" / "served", "whisper-served/demo/as_recorded")
    assert {record["hypothesis_raw"] for record in found} == {"it was the best of times"}
