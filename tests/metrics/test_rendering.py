"""Alignments as rows of text."""

from asrdiag.metrics import Unit, align, render_alignment


def rendered(reference: list[str], hypothesis: list[str], unit: Unit = "word") -> list[str]:
    return render_alignment(align(reference, hypothesis, unit=unit), reference, hypothesis).split("\n")


def test_every_verdict() -> None:
    assert rendered(["a", "cat", "to", "the", "mat"], ["a", "cap", "xyz", "mat", "you"]) == [
        "REF:  a cat to  the mat ***",
        "HYP:  a cap xyz *** mat you",
        "Eval:   s   S   D       I",
    ]


def test_wide_characters_take_two_columns() -> None:
    assert rendered(["你", "好"], ["你"], "character") == ["REF:  你 好", "HYP:  你 **", "Eval:    D"]


def test_terminal_escapes_are_not_passed_on() -> None:
    assert "\x1b" not in "".join(rendered(["a"], ["\x1b[31m"]))


def test_nothing() -> None:
    assert rendered([], []) == ["REF:", "HYP:", "Eval:"]
