"""The compiled kernel and its twin in Python say the same, whatever they are given."""

import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asrdiag.metrics import UNITS, Unit, align, analyze, find_repetition_loop, pure, tokenize
from asrdiag.metrics.alignment import alignments
from asrdiag.metrics.batch import COLUMNS

KERNEL = importlib.util.find_spec("asrdiag.metrics._kernel")
Analyze = Callable[..., tuple[bytes, list[str] | None]]

WORDS = [
    *("a", "b", "cat", "cap", "cats", "mat", "the", "then", "hello", "hallo", "no", "thank", "you"),
    *(
        "你",
        "好",
        "你好",
        "é",
        "e\u0301",
        "ß",
        "\ud800",
        "\x00",
        "\x00a",
        "\U0001d4b3\U0001d4b4",
        "\U0001d4b3\U0001d4b5",
        "\U0010ffff",
    ),
    *("x" * 63, "x" * 64, "x" * 65, "x" * 64 + "y", "y" + "x" * 200, "xy" * 100),
]
SPACES = [" ", "  ", "\t", "\n", "\x1c", "\x85", "\xa0", "\u1680", "\u2028", "\u3000"]


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str]:
    words = st.lists(st.sampled_from(draw(st.sampled_from([WORDS, WORDS[:4], WORDS[:2]]))), max_size=14)
    first = draw(words)
    second = draw(st.one_of(words, st.permutations(first)))
    if draw(st.booleans()):
        second = draw(words)[:2] + first + draw(words)[:2]
    repeats = draw(st.sampled_from([1, 1, 1, 2, 5, 40]))
    spaces = draw(st.lists(st.sampled_from(SPACES), min_size=1, max_size=3))
    return _joined(first, spaces), _joined(second * repeats, spaces)


def _joined(words: list[str], spaces: list[str]) -> str:
    return "".join(word + spaces[index % len(spaces)] for index, word in enumerate(words))


@pytest.fixture(scope="module")
def kernel() -> Analyze:
    if KERNEL is None:
        pytest.skip("the compiled kernel is not built: there was no C compiler")
    from asrdiag.metrics import _kernel

    return _kernel.analyze


@settings(max_examples=400, deadline=None)
@given(texts(), st.sampled_from(range(3)))
@example(("", ""), 0)
@example(("a " * 63, "b " * 64), 0)
@example(("a " * 64 + "b", "a " * 65), 0)
@example(("a b " * 64, "b a " * 64), 1)
def test_kernel_equals_twin(kernel: Analyze, sides: tuple[str, str], unit: int) -> None:
    reference, hypothesis = sides
    expected = pure.analyze([reference], [hypothesis], unit, True)
    assert kernel([reference], [hypothesis], unit, True) == expected
    tokens = [tokenize(reference, UNITS[unit])], [list(tokenize(hypothesis, UNITS[unit]))]
    assert kernel(*tokens, unit, True) == expected


@pytest.mark.parametrize("unit", range(3))
def test_kernel_equals_twin_on_many_pairs(kernel: Analyze, unit: int) -> None:
    random = Random(unit)
    references, hypotheses = [], []
    for pair in range(4_000):
        pool = random.sample(WORDS, random.randint(1, len(WORDS)))
        longest = 140 if pair % 100 == 0 and UNITS[unit] != "character" else 12
        words = random.choices(pool, k=random.randint(0, longest))
        if pair % 3:
            others = random.choices(pool, k=random.randint(0, longest))
        else:
            others = [random.choice(pool) if random.random() < 0.2 else word for word in words]
        references.append(_joined(words, SPACES))
        hypotheses.append(_joined(others, SPACES[1:]))
    expected = pure.analyze(references, hypotheses, unit, True)
    assert kernel(references, hypotheses, unit, True) == expected


@settings(max_examples=500, deadline=None)
@given(st.text(), st.text(), st.sampled_from(range(3)))
def test_kernel_equals_twin_on_any_text(kernel: Analyze, reference: str, hypothesis: str, unit: int) -> None:
    both = [reference, reference], [hypothesis, reference + hypothesis]
    assert kernel(*both, unit, True) == pure.analyze(*both, unit, True)


def test_kernel_splits_where_python_does(kernel: Analyze) -> None:
    every = [f"a{chr(code)}b" for code in range(sys.maxunicode + 1)]
    for unit, name in enumerate(UNITS):
        table, _ = kernel(every, every, unit, False)
        correct = np.frombuffer(table, np.int64).reshape(-1, len(COLUMNS))[:, 0]
        assert correct.tolist() == [len(tokenize(text, name)) for text in every]


@pytest.mark.parametrize("repeats", [10_000, 3])
def test_kernel_equals_twin_on_large_texts(kernel: Analyze, repeats: int) -> None:
    words = [f"w{k % 700}" for k in range(2000)]
    sides = (
        [" ".join(words), "thank you " * repeats],
        [" ".join(words[::-1]), "thank you for watching " * repeats],
    )
    assert kernel(*sides, 0, True) == pure.analyze(*sides, 0, True)


def test_giant_words(kernel: Analyze) -> None:
    characters = "".join(map(chr, range(0x4E00, 0x4E00 + 20_000)))
    sides = ["x" * 100_000, characters], ["y" + "x" * 50_000, characters[::-1]]
    assert kernel(*sides, 0, True) == pure.analyze(*sides, 0, True)


@pytest.mark.parametrize("which", ["kernel", "twin"])
def test_wrong_types_are_named(which: str, request: pytest.FixtureRequest) -> None:
    function: Analyze = request.getfixturevalue("kernel") if which == "kernel" else pure.analyze
    cases: list[tuple[object, str]] = [
        (None, r"hypotheses\[1\] is None \(NoneType\), expected a text or a list of tokens"),
        (b"a", r"hypotheses\[1\] is b'a' \(bytes\), expected a text or a list of tokens"),
        (["a", 5], r"hypotheses\[1\]\[1\] is 5 \(int\), expected a string"),
        (("a", "x" * 200, ("y",) * 99), r"hypotheses\[1\]\[2\] is \('y', .{74} \(tuple\), expected a string"),
    ]
    for wrong, message in cases:
        with pytest.raises(TypeError, match=f"{message}$"):
            function(["a", "b"], ["a", wrong], 0, True)


def test_the_analysis_is_that_of_each_pair() -> None:
    references = ["the cat sat on the mat", "", "hello", "a b c"]
    hypotheses = ["the cap sat on mat", "thank you", "no " * 5, "a b c"]
    found = analyze(references, hypotheses, letters=True)
    sides = [
        (reference.split(), hypothesis.split())
        for reference, hypothesis in zip(references, hypotheses, strict=True)
    ]
    assert alignments(found) == [align(*pair) for pair in sides]
    assert found.loops == [find_repetition_loop(*pair) for pair in sides]
    assert found.total == sum(found.counts)
    assert found.column("lcs").tolist() == [4, 0, 0, 3]
    assert analyze(references, hypotheses).letters is None
    with pytest.raises(ValueError, match="kept no alignments; call analyze"):
        alignments(analyze(references, hypotheses))


@pytest.mark.parametrize("unit", UNITS)
def test_nothing_to_analyse(unit: Unit) -> None:
    found = analyze([], [], unit=unit, letters=True)
    assert (found.letters, found.total.errors, found.total.unit) == ((), 0, unit)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="2 references but 1 hypotheses"):
        analyze(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="unknown unit 'phone'; known: word, character, mixed"):
        analyze(["a"], ["a"], unit="phone")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown column 'hits'; known: correct, "):
        analyze(["a"], ["a"]).column("hits")


def test_the_kernel_lets_other_threads_run(kernel: Analyze) -> None:
    # Unlike words of different number leave the most to compare. The other thread counts while this waits.
    sides = [" ".join(f"r{k}" for k in range(3000))], [" ".join(f"h{k}" for k in range(1200))]
    ended = threading.Event()
    worker = threading.Thread(target=lambda: (kernel(*sides * 1, 0, False), ended.set()))
    worker.start()
    turns = 0
    while not ended.wait(0.001):
        turns += 1
    worker.join()
    assert turns > 1


@pytest.mark.parametrize(("variable", "expected"), [("", "compiled"), ("1", "python")])
def test_the_twin_can_be_chosen(variable: str, expected: str) -> None:
    if expected == "compiled" and KERNEL is None:
        pytest.skip("the compiled kernel is not built: there was no C compiler")
    done = subprocess.run(
        [sys.executable, "-c", "from asrdiag.metrics import KERNEL; print(KERNEL)"],
        env={**os.environ, "ASRDIAG_PURE_PYTHON": variable},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == expected


def test_the_empty_token_is_not_nul(kernel: Analyze) -> None:
    # rapidfuzz takes them for one another in lists.
    sides = [["a", "", "b"]], [["a", "\0", "c", "b"]]
    assert kernel(*sides, 0, True) == pure.analyze(*sides, 0, True)
    assert np.frombuffer(pure.analyze(*sides, 0, True)[0], np.int64)[COLUMNS.index("lcs")] == 2


def test_an_analysis_is_compared_by_identity() -> None:
    found, other = analyze(["a"], ["a"]), analyze(["a"], ["a"])
    assert found != other and len({found, other}) == 2
