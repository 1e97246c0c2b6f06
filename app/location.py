"""Where one is: the filters, the open case and a page's own choices, in the URL and from page to page.

The URL is read when it says something new (a link, a reload, back and forward) and written after each page.
In between the truth is in the session, since widgets of a page that is left are forgotten.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from .data.filters import PARAMETERS, Filters, from_parameters, to_parameters
from .data.index import CaseKey

_SAMPLE, _CELL = "sample", "cell"
_PLACE, _WRITTEN, _PAGE, _VERSION, _PROBLEMS = (
    f"location.{name}" for name in ("place", "written", "page", "version", "problems")
)
_ALL = Filters()


@dataclass(frozen=True, slots=True)
class Place:
    """Where one is. `sample` is the open case, in `cell` (run, system, dataset, condition) if that is known.

    `choices` are what pages remember besides, by name; those at their default are left out.
    """

    filters: Filters = _ALL
    sample: str = ""
    cell: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def case(self) -> CaseKey | None:
        """The open case, if the place names it in full."""
        return CaseKey(*self.cell, self.sample) if self.sample and len(self.cell) == 4 else None

    def at(self, key: CaseKey | None) -> "Place":
        """This place with another case open, or none."""
        if key is None:
            return replace(self, sample="", cell=())
        return replace(self, sample=key.sample_id, cell=(key.run, key.system, key.dataset, key.condition))

    def parameters(self) -> dict[str, list[str]]:
        """The place as parameters of a URL."""
        found = to_parameters(self.filters)
        if self.sample:
            found[_SAMPLE] = [self.sample]
            if self.cell:
                found[_CELL] = ["/".join(self.cell)]
        return found | {name: [value] for name, value in self.choices}


def case_parameters(key: CaseKey) -> dict[str, list[str]]:
    """The parameters of a link to one case and nothing else: run, system, dataset, condition, sample.

    >>> case_parameters(CaseKey("r", "s", "d", "c", "u1"))
    {'run': ['r'], 'system': ['s'], 'dataset': ['d'], 'condition': ['c'], 'sample': ['u1']}
    """
    names = ("run", "system", "dataset", "condition")
    return {**{name: [getattr(key, name)] for name in names}, _SAMPLE: [key.sample_id]}


def place() -> Place:
    """Where one is now."""
    found: Place = st.session_state.get(_PLACE, Place())
    return found


def change(new: Place) -> None:
    """Be somewhere else, and tell no widget: for callbacks of the widget that shows it."""
    st.session_state[_PLACE] = new


def move(new: Place) -> None:
    """Be somewhere else; all widgets are made anew from it. Call it in a callback, or before `go`."""
    change(new)
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1


def go(page: str, new: Place) -> None:
    """Go to a page (`views/cases.py`) and a place; nothing after this runs."""
    move(new)
    st.switch_page(page, query_params=new.parameters())


def arriving() -> bool:
    """Whether no page was drawn yet in this session; ask before `read`."""
    return _PAGE not in st.session_state


def problems() -> list[str]:
    """What the URL said that makes no sense."""
    found: list[str] = st.session_state.get(_PROBLEMS, [])
    return found


def read(page: str) -> None:
    """Take the place from the URL if that says something new. Called by `main` before the page.

    Changing the page by the menu empties the URL; the place is kept then.
    """
    parameters = {name: st.query_params.get_all(name) for name in st.query_params}
    left = st.session_state.get(_PAGE) not in (None, page)
    st.session_state[_PAGE] = page
    if parameters == st.session_state.get(_WRITTEN) or (left and not parameters):
        return
    filters, said = from_parameters(parameters)
    cell = tuple("".join(parameters.get(_CELL, [])).split("/"))
    choices = tuple(
        (name, values[-1])
        for name, values in parameters.items()
        if values and name not in PARAMETERS and name not in (_SAMPLE, _CELL)
    )
    sample = "".join(parameters.get(_SAMPLE, [])[-1:])
    st.session_state[_PROBLEMS] = said
    st.session_state[_WRITTEN] = parameters
    move(Place(filters, sample, cell if sample and len(cell) == 4 else (), choices))


def write() -> None:
    """Put the place into the URL. Called by `main` after the page."""
    parameters = place().parameters()
    if parameters != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(parameters)
    st.session_state[_WRITTEN] = parameters


def key(name: str) -> str:
    """The key of a widget that shows a part of the place: another one when the place came from elsewhere."""
    return f"{name}~{st.session_state.get(_VERSION, 0)}"


def choice(name: str, default: str = "") -> str:
    """What a page remembers under a name."""
    return dict(place().choices).get(name, default)


def choose(name: str, value: str, default: str = "") -> None:
    """Let a page remember something; the default is not put into the URL."""
    found = dict(place().choices)
    found.pop(name, None)
    if value != default:
        found[name] = value
    change(replace(place(), choices=tuple(found.items())))


def select(
    label: str, name: str, options: Sequence[str], *, shown: Callable[[str], str] = str, **arguments: Any
) -> str:
    """A menu of which the URL keeps the choice under `name`; the first option is the default."""
    own = key(name)
    kept = choice(name, options[0])
    chosen = st.selectbox(
        label,
        options,
        index=options.index(kept) if kept in options else 0,
        key=own,
        format_func=shown,
        on_change=lambda: choose(name, st.session_state[own], options[0]),
        **arguments,
    )
    return str(chosen)


def switch(label: str, name: str, **arguments: Any) -> bool:
    """A switch of which the URL keeps the state under `name`; it is off by default."""
    own = key(name)
    return bool(
        st.toggle(
            label,
            value=choice(name) == "1",
            key=own,
            on_change=lambda: choose(name, "1" if st.session_state[own] else ""),
            **arguments,
        )
    )
