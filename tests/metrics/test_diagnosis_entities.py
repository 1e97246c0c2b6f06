"""Numbers, names and keywords: found in the raw reference, kept, lost or changed."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asrdiag.metrics import score, score_utterance
from asrdiag.metrics.diagnosis import THRESHOLDS, EntityCounts, ModeCounts, diagnose
from asrdiag.metrics.diagnosis.entities import find_entities
from asrdiag.metrics.diagnosis.number_values import number_value
from asrdiag.metrics.diagnosis.numerals import HAN_PREFIXES, LARGE, number_spans
from asrdiag.metrics.normalizers.numerals import read_integer


def entities(reference: str, hypothesis: str, **options: Any) -> list[tuple[str, str, str, str | None]]:
    keywords = options.pop("keywords", ())
    diagnosis = diagnose(
        score_utterance(reference, hypothesis, **({"normalizer": None} | options)), keywords=keywords
    )
    assert diagnosis is not None
    return [(each.kind, each.text, each.status, each.heard) for each in diagnosis.entities]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("One of twenty-one, no one else", ["twenty-one"]),
        ("two hundred and five and six", ["two hundred and five", "six"]),
        ("three point five and a point", ["three point five"]),
        ("the first and the second of the third", ["third"]),
        ("on May twenty first at 7:30pm", ["twenty first", "7:30pm"]),
        ("1,234.5 on COVID-19, B2B and 20%, 3.", ["1,234.5", "19", "B2B", "20%", "3"]),
        ("nothing here", []),
        ("İ twenty", ["twenty"]),  # lower case is longer here: places must not shift
        ("2.5 million dollars and 5 per cent", ["2.5 million dollars", "5 per cent"]),
        ("$5.00, US$7, -5, -$5.5, 6€ 7 € 5 %", ["$5.00", "$7", "-5", "-$5.5", "6€", "7 €", "5 %"]),
        ("pages 5-7 in 2020 20 people", ["5-7", "2020", "20"]),
        ("one percent, no one, one one", ["one percent"]),
        ("a ten second delay, minus twenty", ["ten", "minus twenty"]),
        ("nineteen oh five, oh five", ["nineteen oh five", "five"]),
        ("one hundred 20 and the per centum", ["one hundred 20"]),
    ],
)
def test_english_numbers(text: str, numbers: list[str]) -> None:
    assert sorted(text[a:b] for a, b in number_spans(text, english=True, chinese=False)) == sorted(numbers)


def test_chinese_numbers() -> None:
    text = "我有二十一个 万一不行就一百零五或者3个 一起来"  # "in case" and "together" are no numbers
    spans = number_spans(text, english=False, chinese=True)
    assert sorted(text[a:b] for a, b in spans) == ["3", "一百零五", "二十一"]
    text = "第三名和第二十一名、第3名、百分之五、负二十、-3度、3.5亿、20万5千元"  # "third" is a lone numeral
    spans = number_spans(text, english=False, chinese=True)
    assert [text[a:b] for a, b in sorted(spans)] == (
        ["第二十一", "第3", "百分之五", "负二十", "-3", "3.5亿", "20万5千"]
    )


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("21", "21"),
        ("twenty one", "21"),
        ("Twenty-First.", "21st"),
        ("21st", "21st"),
        ("twelfth", "12th"),
        ("one hundred and second", "102nd"),
        ("007", "007"),
        ("zero zero seven", "007"),
        ("0", "0"),
        ("zero", "0"),
        ("3.50", "3.5"),
        ("3,5", "3.5"),
        ("five point zero", "5"),
        ("$3,500.50", "$3500.5"),
        ("3500.50 dollars", "$3500.5"),
        ("5€", "€5"),
        ("$5 dollars", "$5"),
        ("$5%", None),
        ("20%", "20%"),
        ("20 %", "20%"),
        ("minus twenty per cent", "-20%"),
        ("-$5", "-$5"),
        ("2.5 million", "2500000"),
        ("two point five million", "2500000"),
        ("0.00025 thousand", "0.25"),
        ("2 billion", "2000000000"),
        ("two thousand million", "2000000000"),
        ("twenty, thirty", None),
        ("5 million 200 thousand", "5200000"),
        ("one million reasons", None),
        ("5 twenty one", "521"),
        ("one hundred two hundred", "100200"),
        ("two thousand three thousand", "20003000"),
        ("ten second", None),
        ("0 billion", None),
        ("two and five", None),
        ("two hundred and", None),
        ("one point", None),
        ("3 point 1 point 4", None),
        ("1.2.3", None),
        ("7:30", None),
        ("-", None),
        ("a hundred", "100"),
        ("nineteen oh five", "1905"),
        ("three hundred and five", "305"),
        ("five million two hundred thousand and one", "5200001"),
        ("nineteen eighty four", "1984"),
        ("nine one one", "911"),
        ("three point one four", "3.14"),
        ("hundred", "100"),
        ("十二", "12"),
        ("一百零五", "105"),
        ("三万五千", "35000"),
        ("一百一", "110"),
        ("一百零一", "101"),
        ("两万五", "25000"),
        ("两万零五", "20005"),
        ("1万500", "10500"),
        ("一亿五", "150000000"),
        ("二十五", "25"),
        ("二三十", None),
        ("十百", None),
        ("一万万", "100000000"),
        ("三十五万亿", "35000000000000"),
        ("一万二万", None),
        ("20万", "200000"),
        ("3.5亿", "350000000"),
        ("三点五亿", "350000000"),
        ("三点五", "3.5"),
        ("三点十五", None),
        ("百分之五十", "50%"),
        ("百分之百", "100%"),
        ("千分之3", "3‰"),
        ("负五", "-5"),
        ("第二十一", "21st"),
        ("零零七", "007"),
        ("十点", "10点"),
        ("10点", "10点"),
        ("一亿两千万", "120000000"),
        ("二零二四", "2024"),
        ("\N{FULLWIDTH DIGIT TWO}\N{FULLWIDTH DIGIT ONE}", "21"),
        ("\N{ARABIC-INDIC DIGIT THREE}", "3"),
        ("B2B", None),
        ("many", None),
        ("", None),
        ("hundred " * 100, None),
    ],
)
def test_worth(text: str, worth: str | None) -> None:
    assert number_value(text) == worth


SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
PIECES = (
    *(*SMALL[:2], *TENS, *LARGE, *HAN_PREFIXES, "first", "third", "percent", "per cent", "minus", "dollars"),
    *(
        "and",
        "point",
        "oh",
        "0",
        "07",
        "2.5",
        "1,000",
        "$",
        "$5",
        "5%",
        "3rd",
        "-",
        ".",
        ",",
        "the",
        "a",
        "A4",
    ),
    *("三", "十", "百", "万", "亿", "点", "零", "20", "½", "Ⅷ"),
)


def in_english(number: int) -> str:
    for power, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= power:
            rest = f" {in_english(number % power)}" if number % power else ""
            return f"{in_english(number // power)} {name}{rest}"
    if number < 20:
        return SMALL[number]
    return TENS[number // 10 - 2] + (f"-{SMALL[number % 10]}" if number % 10 else "")


@given(st.integers(0, 10**12 - 1) | st.integers(0, 10**5))
def test_whole_numbers_are_read_as_they_are_said(number: int) -> None:
    digits = str(number)
    said = in_english(number)
    assert number_value(said) == number_value(read_integer(number)) == number_value(f"{number:,}") == digits
    assert number_value(f"minus {said} percent") == number_value(f"-{digits}%") == f"-{digits}%"
    assert number_value(f"百分之{read_integer(number)}") == f"{digits}%"
    assert number_spans(f"so {said}, or", english=True, chinese=False) == (
        [(3, 3 + len(said))] if number != 1 else []
    )


@given(
    st.lists(
        st.sampled_from(PIECES),
        max_size=7,
    ),
    st.sampled_from(["", " "]),
)
@example(["负", "百分之", "零下", "20"], "")
def test_any_text_has_a_worth_or_none(pieces: list[str], space: str) -> None:
    text = space.join(pieces)
    worth = number_value(text)
    assert worth is None or re.fullmatch(r"-?[$€£¥¢]?\d+(\.\d*[1-9])?(st|nd|rd|th)?[%‰]?点?", worth), worth
    spans = sorted(number_spans(text, english=True, chinese=True))
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges) and all(start < end for start, end in spans)


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("We met Anna in New York. Then we left.", "en", ["Anna", "New York"]),
        ("John Smith met Mary.", "en", ["Smith", "Mary"]),  # the first word of a sentence may be any
        (
            "he asked Mr. Smith and J. Brown of the Bank of England",
            "en",
            ["Mr. Smith", "J. Brown", "Bank of England"],
        ),
        ("NASA said: Yes, I'm at IBM, and I think so.", "en", ["NASA", "IBM"]),
        ("THE CAT SAT ON MARY", "en", []),
        ("the cat sat on mary", "en", []),
        ("The Rise And Fall", "en", []),  # a title: its capitals say nothing
        ("wir fahren mit dem Zug nach Berlin", "de", []),  # every noun has a capital
        ("nous allons à Paris avec Pierre Dupont", "fr", ["Paris", "Pierre Dupont"]),
        ("请打开WhatsApp给张三打电话", "zh", ["WhatsApp"]),
        ("она сказала Анна и Пётр", "ru", ["Анна", "Пётр"]),
        ("we took Apollo 11 there", "en", ["Apollo"]),
        (
            "he said: Come in, and \N{LEFT DOUBLE QUOTATION MARK}Go away\N{RIGHT DOUBLE QUOTATION MARK}",
            "en",
            [],
        ),
    ],
)
def test_names(text: str, language: str, names: list[str]) -> None:
    found = find_entities(text, language, (), THRESHOLDS)
    assert [text[each.start : each.end] for each in found if each.kind == "name"] == names


def test_what_became_of_them() -> None:
    assert entities("We met Anna in New York at seven.", "we met hannah in york at eleven") == [
        ("name", "Anna", "changed", "hannah"),
        ("name", "New York", "changed", "york"),
        ("number", "seven", "changed", "11"),
    ]
    assert entities("We met Anna in New York at seven.", "we met in newyork at 7") == [
        ("name", "Anna", "lost", None),
        ("name", "New York", "kept", None),  # only written together
        ("number", "seven", "kept", None),
    ]
    assert entities("It costs twenty dollars.", "It costs 20 dollars.", normalizer="none") == [
        ("number", "twenty dollars", "kept", None)  # the same worth, though no normaliser made it so
    ]
    assert entities("the 7:30 train", "the 7 13 train") == [("number", "7:30", "changed", "7 13")]
    assert entities("a dose of 2,500 units", "a dose of 25 units") == [("number", "2,500", "changed", "25")]
    # Where the two words in one's place come nearer to its length, both are what was heard.
    assert entities("take amoxicillin daily", "take moxy silence daily", keywords=["amoxicillin"]) == [
        ("keyword", "amoxicillin", "changed", "moxy silence")
    ]


ENGLISH = "{} good reasons to go there and see it all today with you and him and her"
CHINESE = "来了{}人我们一起去公园玩好不好今天天气很好啊对不对因为昨天没有去成"


@pytest.mark.parametrize(
    ("said", "heard", "normalizer", "reading"),
    [
        ("twenty", "one hundred twenty", "basic@1", "one hundred twenty"),
        ("20", "20 million", "basic@1", "20 million"),
        ("20", "20 million", "whisper-english@1", "20000000"),
        ("three", "three point five", "none", "three point five"),
        ("twenty", "hundred and twenty", "none", "hundred and twenty"),
        ("twenty", "minus twenty", "none", "minus twenty"),
        ("almost twenty", "hundred twenty", "none", "hundred twenty"),  # instead of another word
        ("one million", "3 million", "vitw-english@1", "3 million"),
        ("2.5 million", "3 million", "none", "3 million"),
        ("twenty one", "5 twenty one", "basic@1", "5 twenty one"),
        ("3.5", "35", "basic@1", "35"),  # the normaliser leaves "3 5" of it
        ("3.5%", "3.5", "none", "3.5"),
        ("$5", "5%", "whisper-english@1", "5%"),
        ("€5", "$5", "whisper-english@1", "$5"),
        ("50 dollars", "50 euros", "whisper-english@1", "€50"),
        ("50 dollars", "50 euros", "basic@1", "50 euros"),
        ("20", "20 percent", "basic@1", "20 percent"),
        ("21st", "21", "none", "21"),
        ("007", "7", "none", "7"),
        ("Twenty", "One Hundred Twenty,", "none", "One Hundred Twenty,"),
    ],
)
def test_another_number_is_never_kept(said: str, heard: str, normalizer: str, reading: str) -> None:
    diagnosis = diagnose(score_utterance(ENGLISH.format(said), ENGLISH.format(heard), normalizer=normalizer))
    assert diagnosis is not None and diagnosis.mode == "word_confusion"
    [number] = diagnosis.entities
    assert (number.status, number.heard) == ("changed", reading)


@pytest.mark.parametrize(
    ("said", "heard", "reading"),
    [
        ("二十", "一百二十", "一百二十"),
        ("五百万", "三千五百万", "三千五百万"),
        ("20", "20万", "二十万"),
        ("35", "三十五万亿", "三十五万亿"),
        ("二十", "百分之二十", "百分之二十"),
        ("二十一", "第二十一", "第二十一"),
        ("一百一", "一百零一", "一百零一"),
        ("两万五", "20005", "二万零五"),
    ],
)
def test_another_chinese_number_is_never_kept(said: str, heard: str, reading: str) -> None:
    diagnosis = diagnose(score_utterance(CHINESE.format(said), CHINESE.format(heard), language="zh"))
    assert diagnosis is not None and diagnosis.mode in ("word_confusion", "omission")
    [number] = diagnosis.entities
    assert (number.status, number.heard) == ("changed", reading)


@pytest.mark.parametrize(
    ("said", "heard", "language", "normalizer"),
    [
        ("one hundred", "a hundred", "en", "none"),
        ("a hundred", "one hundred", "en", "none"),
        ("5%", "five percent", "en", "none"),
        ("5%", "5 per cent", "en", "basic@1"),
        ("$50", "50 dollars", "en", "basic@1"),
        ("$2.5 million", "two point five million dollars", "en", "none"),
        ("007", "zero zero seven", "en", "none"),
        ("5.0", "five point zero", "en", "none"),
        ("3.5", "three point five", "en", "basic@1"),
        ("1,500", "1500", "en", "basic@1"),
        ("7:30", "730", "en", "basic@1"),  # only written together
        ("in 2020 about 30", "in 2020 30", "en", "none"),  # a number beside it is not a part of it
        ("2020 twenty", "2020 20", "en", "none"),
        ("the ten minute", "the ten second", "en", "none"),  # nor is what numbers nothing
        ("twenty and", "bread and twenty and", "en", "none"),
        ("Yes, twenty", "One hundred. Yes, twenty", "en", "none"),
        ("and twenty", "One hundred. Twenty", "en", "none"),  # what a mark ends does not go on
        ("两万五", "25000", "zh", "chinese@1"),
        ("一百一", "110", "zh", "chinese@1"),
        ("一百一", "一百一十", "zh", "none"),
        ("百分之五十", "50%", "zh", "none"),
        ("20万", "二十万", "zh", "none"),
        ("二十", "有点二十", "zh", "none"),
        ("二十万和三十万", "二十万三十万", "zh", "none"),
    ],
)
def test_the_same_number_is_kept(said: str, heard: str, language: str, normalizer: str) -> None:
    text = ENGLISH if language == "en" else CHINESE
    found = entities(text.format(said), text.format(heard), language=language, normalizer=normalizer)
    assert found and {(kind, status) for kind, _, status, _ in found} == {("number", "kept")}


NUMBERS = {
    "en": ("twenty", "3", "two hundred and five", "7.5", "sixty-four", "1,500"),
    "zh": ("二十", "三百", "40", "七点五", "一千零五十", "百分之九十", "6万"),
}


@given(st.data(), st.sampled_from(["en", "zh"]), st.booleans())
def test_a_number_put_in_beside_it_is_seen(data: st.DataObject, language: str, before: bool) -> None:
    number = data.draw(st.sampled_from(NUMBERS[language]))
    extra = data.draw(
        st.sampled_from(("one hundred", "6", "eight", "million") if language == "en" else "百万八6")
    )
    text, space = (ENGLISH, " ") if language == "en" else (CHINESE, "")
    heard = f"{extra}{space}{number}" if before else f"{number}{space}{extra}"
    scored = score_utterance(
        text.format(number),
        text.format(heard),
        language=language,
        normalizer=data.draw(st.sampled_from(["none", "basic@1", None])),
    )
    diagnosis = diagnose(scored)
    assert diagnosis is not None
    if diagnosis.mode != "correct":
        assert diagnosis.mode != "minor" and diagnosis.entities_harmed


def test_what_was_said_right_is_listed_as_kept() -> None:
    assert entities("We met Anna at 7.", "we met anna at seven") == [
        ("name", "Anna", "kept", None),
        ("number", "7", "kept", None),
    ]


def test_an_entity_that_the_normalizer_removes_is_not_listed() -> None:
    assert entities("we met [Anna Smith] there in town", "we met them there in town") == []


def test_chinese() -> None:
    assert entities("我有二十一个苹果", "我有二十七个苹果", language="zh", normalizer="none") == [
        ("number", "二十一", "changed", "二十七")
    ]
    assert entities("我有二十一个苹果", "我有21个苹果", language="zh", normalizer="none") == [
        ("number", "二十一", "kept", None)
    ]
    assert entities("给张三打电话", "给张山打电话", language="zh", keywords=["张三", "电话"]) == [
        ("keyword", "张三", "changed", "张山"),
        ("keyword", "电话", "kept", None),
    ]


def test_keywords_are_whole_words_in_any_case() -> None:
    text = "The art of Artie's ART, artful"
    found = find_entities(text, "en", ("art", "artie"), THRESHOLDS)
    assert [text[each.start : each.end] for each in found if each.kind == "keyword"] == [
        "art",
        "Artie",
        "ART",
    ]
    text = "用c++写WhatsApp"
    found = find_entities(text, "zh", ("c++", "whatsapp"), THRESHOLDS)
    assert [text[each.start : each.end] for each in found if each.kind == "keyword"] == ["c++", "WhatsApp"]


def test_keywords_may_overlap() -> None:
    scored = score_utterance(
        "we meet in the town hall and then in the hall", "we meet in the town and then in the hall"
    )
    for keywords, status in (
        (["hall"], ["lost", "kept"]),
        (["hall", "town hall", "HALL "], ["changed", "lost", "kept"]),  # one given twice counts once
    ):
        diagnosis = diagnose(scored, keywords=keywords)
        assert diagnosis is not None
        assert [each.status for each in diagnosis.entities] == status


@pytest.mark.parametrize("text", ["a \N{KELVIN SIGN}ing", "a king", "A KING"])
def test_keywords_are_found_in_any_spelling_of_a_letter(text: str) -> None:
    for keyword in ("King", "\N{KELVIN SIGN}ing"):
        found = find_entities(text, "en", (keyword,), THRESHOLDS)
        assert [each.start for each in found if each.kind == "keyword"] == [2]


def test_wrong_keywords_are_errors() -> None:
    scored = score_utterance("a", "a")
    with pytest.raises(TypeError, match="keywords is a str"):
        diagnose(scored, keywords="cat")
    with pytest.raises(TypeError, match=r"keywords\[1\] is 3 \(int\)"):
        diagnose(scored, keywords=["a", 3])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="keywords is None"):
        diagnose(scored, keywords=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"scored is a Score, expected an UtteranceScore.*`utterances`"):
        diagnose(score(["a"], ["b"]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"keywords\[0\] is ' - '"):
        diagnose(scored, keywords=[" - "])


def test_entity_counts() -> None:
    diagnoses = [
        diagnose(score_utterance(reference, hypothesis), keywords=["train"])
        for reference, hypothesis in [
            ("the train to Rome leaves at 7", "the rain to rome leaves at 11"),
            ("we saw Anna on the train", "we saw on the train"),
            ("we saw Anna", None),
        ]
    ]
    counts = EntityCounts.of(diagnoses, "number", "name")
    assert counts == EntityCounts(kept=1, lost=1, changed=1)  # Rome; Anna; 7
    assert (counts.n, counts.error_rate, counts.recall) == (3, 2 / 3, 1 / 3)
    assert EntityCounts.of(diagnoses, "keyword").recall == 1 / 2
    assert counts + EntityCounts(kept=1) == EntityCounts(kept=2, lost=1, changed=1)
    assert EntityCounts().error_rate is None and EntityCounts().recall is None
    with pytest.raises(ValueError, match="negative"):
        EntityCounts(lost=-1)
    with pytest.raises(TypeError):
        counts + 1  # type: ignore[operator]


@pytest.mark.parametrize("counts", [ModeCounts, EntityCounts])
def test_counts_are_whole_numbers(counts: type[ModeCounts] | type[EntityCounts]) -> None:
    name = "minor" if counts is ModeCounts else "kept"
    for wrong in (2.5, float("nan"), "2", None):
        with pytest.raises(TypeError, match=rf"{name} is .*, expected an integer"):
            counts(**{name: wrong})
    for value in (np.int64(1), True):
        assert type(getattr(counts(**{name: value}), name)) is int


def test_unknown_modes_are_errors() -> None:
    for counts in (ModeCounts(correct=1), ModeCounts()):
        with pytest.raises(ValueError, match="unknown mode 'foo'; known: correct, minor"):
            counts.share("correct", "foo")  # type: ignore[arg-type]
