"""The explorer's main script: `streamlit run app/main.py -- RUN...`, or `asrdiag explore [RUN...]`."""

from pathlib import Path

import streamlit as st

from asrdiag.app import location, opened
from asrdiag.app.parts.messages import nothing_open, problems

VIEWS = Path(__file__).parent / "views"
ROLLOUTS = "rollouts"
# File in `views/` and part of the URL, title, and icon; the first is where one begins. Not a string below it:
# where nobody turned that off, Streamlit writes such strings onto the page.
PAGES = (
    ("leaderboard", "Leaderboard", "leaderboard"),
    ("robustness", "Robustness", "show_chart"),
    ("cases", "Cases", "hearing"),
    ("study", "Case study", "collections_bookmark"),
    ("compare", "Compare", "compare_arrows"),
    ("words", "Words", "abc"),
    ("failure_modes", "Failure modes", "category"),
    (ROLLOUTS, "Rollouts", "casino"),
    ("health", "Run health", "monitor_heart"),
)


def main() -> None:
    """Everything around a page."""
    st.set_page_config("asrdiag explorer", str(VIEWS.with_name("icon.svg")), layout="wide")
    page = st.navigation(
        [
            st.Page(
                VIEWS / f"{name}.py", title=title, icon=f":material/{icon}:", url_path=name, default=not place
            )
            for place, (name, title, icon) in enumerate(PAGES)
        ]
    )
    arriving = location.arriving()
    location.read(page.url_path)
    runs = opened.runs()
    if not runs:
        named = bool(opened.arguments()[1])
        if named and arriving and not page.url_path:
            st.switch_page(VIEWS / f"{ROLLOUTS}.py")
        if not (named and page.url_path == ROLLOUTS):
            nothing_open()
            return
    problems(runs)
    page.run()
    location.write()


if __name__ == "__main__":
    main()
