"""What the explorer's tests look at: runs with answers of every kind, and how to choose a row."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from made_runs import Said, make_run, score_run

from asrdiag.audio import write_flac

SCRIPT = "<script>document.title='hit'</script>"

CORPUS = (
    Said("u1", "the cat sat on the mat by the door", speaker="ann", subset="home"),
    Said("u2", "it rained all day in the old town", speaker="bob", subset="home"),
    Said("u3", f"she said {SCRIPT} twice", speaker="ann", subset="street"),
    Said("u4", "we meet Anna at nine", speaker="bob", subset="street"),
)
CHINESE = Said("z1", "今天天气很好", language="zh", speaker="li", subset="street")
GOOD = {said.sample_id: said.reference for said in (*CORPUS, CHINESE)}
BAD = {
    "u1": "the cat",
    "u2": "it rained all day in the cold town",
    "u3": f"{SCRIPT} <img src=x onerror=alert(1)> \u202eevil",
    "u4": None,
    "z1": "今天天汽很好吗",
}
"""A truncation, a soft substitution, markup, no answer, and a Chinese substitution and insertion."""
NOISY = GOOD | {"u1": "thank you for watching and please subscribe"}


@dataclass(frozen=True)
class Runs:
    """Scored runs: two systems under two conditions; the same with other answers; all in one folder."""

    plain: Path
    other: Path


def make_runs(folder: Path) -> Runs:
    """Two systems under two conditions, with audio for one answer; and one of them with other answers."""
    corpus = (*CORPUS, CHINESE)
    plain = make_run(
        folder / "plain",
        corpus,
        {
            "good/set/as_recorded": GOOD,
            "good/set/noise": NOISY,
            "bad/set/as_recorded": BAD,
            "bad/set/noise": BAD,
        },
    )
    _give_audio(plain, "bad/set/noise", "u1")
    return Runs(
        score_run(plain), score_run(make_run(folder / "other", corpus, {"bad/set/as_recorded": GOOD}))
    )


def _give_audio(run: Path, key: str, sample_id: str) -> None:
    """Let one record have a kept clip, the recording that it was made from, and times of words."""
    root = run.parent / "corpus"
    rate, name = 16_000, f"{'ab' * 32}.flac"
    tone = (0.1 * np.sin(2 * np.pi * 440 * np.arange(3 * rate) / rate)).astype(np.float32)
    write_flac(run / "audio" / name, tone, rate)
    write_flac(root / "u1.flac", tone, rate)
    (run / "suite.resolved.yaml").write_text(
        f"name: made\ndatasets:\n- {{id: set, loader: librispeech, root: {root}}}\n"
    )
    path = run / "cells" / key / "samples.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        if record["sample_id"] == sample_id:
            record["audio"] |= {"duration_s": 3.0, "kept": f"audio/{name}"}
            record["source"] = {"path": str(root / "u1.flac"), "offset_s": 0.0, "duration_s": 3.0}
            record["degradation"] = {"kind": "additive_noise", "snr_db": 5.0}
            record["details"] = {"words": [["The", 0.25, 0.5], ["cat.", 1.5, 1.9]]}
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def choose(at: Any, row: int, table: int = 0) -> None:
    """Choose a row of a table, as a click does."""
    key = at.dataframe[table].key
    at.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    at.run()
    assert not at.exception, at.exception


def charts(at: Any) -> dict[str, Any]:
    """The charts of a page as plotly gets them, by how the texts that describe them begin."""
    return {
        chart.proto.alt.split(".")[0].split(":")[0]: json.loads(chart.proto.spec)
        for chart in at.get("plotly_chart")
    }


def touch(at: Any, start: str, *points: tuple[int, int]) -> None:
    """Choose points of the chart whose description begins so, as a click does: trace and place of each."""
    [chart] = [chart for chart in at.get("plotly_chart") if chart.proto.alt.startswith(start)]
    chosen = [{"curve_number": trace, "point_index": place} for trace, place in points]
    at.session_state[chart.key] = {"selection": {"points": chosen}}
    at.run()
    assert not at.exception, at.exception
