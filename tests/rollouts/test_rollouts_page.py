"""The page of the rollouts: its example, its tables and its Python are what happens."""

import contextlib
import io
import json
import re

from pages import DOCS

from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup
from asrdiag.rollouts.fields import NAMES

PAGE = (DOCS / "rollouts.md").read_text(encoding="utf-8")


def test_the_example_is_a_line_of_a_log() -> None:
    [text] = re.findall(r"^```json\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert RolloutGroup.from_record(json.loads(text)).to_record() == json.loads(text)


def test_every_field_is_in_the_table() -> None:
    [table] = re.findall(r"\| field \| \| \|\n\|.*?\n(.*?)\n\n", PAGE, flags=re.DOTALL)
    named = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == {"schema", *RolloutGroup.__slots__, *Rollout.__slots__}
    needed = {re.findall(r"`(\w+)`", row)[0] for row in table.splitlines() if "| needed |" in row}
    assert needed == {"group", "reference", "rollouts", "transcript"}


def test_every_name_of_a_column_is_in_the_table() -> None:
    for field, names in NAMES.items():
        assert f"| `{field}` | {', '.join(f'`{name}`' for name in names)} |" in PAGE


def test_the_python_prints_what_its_comments_say() -> None:
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "rollouts.md", "exec"), {})
    assert printed.getvalue().splitlines() == re.findall(r"\)  # (.*)$", code, flags=re.MULTILINE)[-2:]
