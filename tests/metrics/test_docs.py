"""The examples on the pages print what their comments say, and the records are listed whole."""

import re

import pytest
from pages import DOCS, check_examples

PAGE = DOCS / "metrics.md"


@pytest.mark.parametrize(
    "page", ["metrics.md", "normalizers.md", "diagnosis.md", "key-content.md", "statistics.md"]
)
def test_the_examples_print_what_the_page_says(page: str) -> None:
    check_examples(page)


def test_the_page_lists_every_attribute() -> None:
    from asrdiag.metrics import Alignment, Analysis, Counts, Score, UtteranceScore

    for record in (Score, UtteranceScore, Counts, Alignment, Analysis):
        row = next(
            line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{record.__name__}` |")
        )
        public = {name for name in dir(record) if not name.startswith("_")}
        listed = set(re.findall(r"`(\w+)(?:\(\))?`", row.split("|")[3]))
        assert public - {"unit"} == listed - {"unit"}
