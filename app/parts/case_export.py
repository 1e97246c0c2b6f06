"""The answers that pass the filters, to be taken away as a file."""

import io
from collections.abc import Callable
from typing import IO

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from .. import opened
from ..data.archive import save_zip
from ..data.export import MOST_CLIPS, MOST_ROWS, Cases, save_csv, save_jsonl
from ..data.index import CaseKey, Index
from ..data.notes import Note
from ..texts import count


def case_export(index: Index, rows: NDArray[np.int64], notes: dict[CaseKey, Note]) -> None:
    """Offer the cases as CSV, as JSON Lines, and with their audio; files are made when they are asked for."""
    with st.popover("Export", icon=":material/download:", disabled=not len(rows)):
        st.caption(f"{count(len(rows), 'case')} in the order of the table, with scores and texts")
        for name, mimetype, save, most in (
            ("CSV", "text/csv", save_csv, MOST_ROWS),
            ("JSONL", "application/jsonl", save_jsonl, MOST_ROWS),
            ("ZIP", "application/zip", save_zip, MOST_CLIPS),
        ):
            st.download_button(
                f"{name} with audio" if name == "ZIP" else name,
                _made(save, Cases(opened.by_name(), index, rows[:most], notes)),
                f"cases.{name.lower()}",
                mimetype,
                key=f"cases.{name.lower()}",
                on_click="ignore",
                icon=":material/download:",
                width="stretch",
            )
            if len(rows) > most:
                st.caption(f"the first {most:,} only; `asrdiag export RUN` writes all")


def _made(save: Callable[[IO[bytes], Cases], object], cases: Cases) -> Callable[[], bytes]:
    def made() -> bytes:
        stream = io.BytesIO()
        save(stream, cases)
        return stream.getvalue()

    return made
