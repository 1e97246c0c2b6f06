"""Numbers and texts as the tables of rollouts show them."""

from ..transcripts.lines import printable


def number(value: float | None, digits: int = 3) -> str:
    """A number; - for none, and no minus before a zero.

    >>> number(0.71528), number(None), number(-0.0001, 2)
    ('0.715', '-', '0.00')
    """
    if value is None:
        return "-"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if not float(text) else text


def percent(share: float | None, digits: int = 1) -> str:
    """A share in percent.

    >>> percent(0.5417), percent(None)
    ('54.2', '-')
    """
    return "-" if share is None else number(100 * share, digits)


def ratio(part: int, whole: int) -> float | None:
    """A share; `None` of nothing."""
    return part / whole if whole else None


def shortened(text: str, width: int) -> str:
    """One line of at most so many characters; how many are left out of its middle is said.

    >>> shortened("so it goes on and on and on and on and on and on", 40)
    'so it goes on an  [+17]  n and on and on'
    """
    line = printable(" ".join(text.split()))
    if len(line) <= width:
        return line
    keep = max(2, width - len(f"  [+{len(line)}]  "))
    head, tail = line[: (keep + 1) // 2], line[len(line) - keep // 2 :]
    return f"{head}  [+{len(line) - keep}]  {tail}"
