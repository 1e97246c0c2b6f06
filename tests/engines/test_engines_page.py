import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip
from asrdiag.errors import UsageError

PAGE = (Path(__file__).parents[2] / "docs" / "engines.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_every_engine_has_a_valid_entry():
    shown = [block for block in blocks("yaml") if block.startswith("systems:")]
    entries = [entry for block in shown for entry in yaml.safe_load(block)["systems"]]
    assert {entry["engine"] for entry in entries} == set(ENGINES.names())
    for entry in entries:
        # As a suite is read: strictly, and from JSON, where a path is a string.
        ENGINES.load(entry["engine"]).model_validate_json(json.dumps(entry), context={"folder": Path()})


def test_the_example_engine_works():
    namespace = {"__name__": "example"}
    exec(compile(blocks("python")[0], "docs/engines.md", "exec"), namespace)
    spec = namespace["FixedSpec"](id="floor", engine="fixed", text="the")
    assert set(spec.identity()) == {"model", "revision", "decoding"}
    clips = [Clip("a", np.zeros(160, np.float32), 16_000)] * 2
    assert [t.text for t in spec.open("cpu").transcribe(clips)] == ["the", "the"]


def test_an_unknown_engine_lists_the_known():
    with pytest.raises(UsageError, match="unknown engine 'whisper'; known: moonshine, pocketsphinx"):
        ENGINES.load("whisper")
