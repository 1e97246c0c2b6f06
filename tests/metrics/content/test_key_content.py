"""What became of the key content: by kind, in English and Chinese, with what looks like it and is none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.metrics import KeyContent, KeyContentCounts, KeyCounts, diagnose, key_content, score_utterance


def content(reference: str, hypothesis: str, **options: Any) -> KeyContent:
    given = {name: options.pop(name) for name in ("keywords", "names") if name in options}
    found = key_content(score_utterance(reference, hypothesis, **options), **given)
    assert found is not None
    return found


def told(reference: str, hypothesis: str, **options: Any) -> list[tuple[str, str, str | None, str | None]]:
    items = content(reference, hypothesis, **options).items
    return [(item.kind, item.status, item.reference, item.hypothesis) for item in items]


LONG = (
    "I would {} go there if I were you because the people who live in that part of the town are rather rude "
    "to strangers and they like to play loud music at night"
)


def test_one_flipped_negation_stands_out_in_a_text_that_is_right_otherwise() -> None:
    reference, hypothesis = LONG.format("not"), LONG.format("now")
    scored = score_utterance(reference, hypothesis)
    # 1 of 34 words is wrong, and it sounds alike.
    assert scored.error_rate == pytest.approx(1 / 34)
    found = content(reference, hypothesis)
    assert found.flags == ("negation_lost",)
    [item] = found.items
    assert (item.reference, item.hypothesis) == ("not", "now")
    assert reference[item.reference_start : item.reference_end] == "not"
    assert hypothesis[item.hypothesis_start : item.hypothesis_end] == "now"


@pytest.mark.parametrize(
    ("reference", "hypothesis", "flags"),
    [
        # Lost and introduced.
        ("I did not say that", "I did say that", ["negation_lost"]),
        ("I did say that", "I did not say that", ["negation_introduced"]),
        ("you can't park here", "you can park here", ["negation_lost"]),
        ("we never close", "we ever close", ["negation_lost"]),
        ("he left without her", "he left with her", ["negation_lost"]),
        ("no, I am fine", "I am fine", ["negation_lost"]),
        # The same, said in another way.
        ("I don't know", "I do not know", []),
        ("I can't come", "I cannot come", []),
        ("I have no money", "I don't have money", []),
        ("nobody came", "no body came", []),
        ("it is impossible", "it is not possible", []),
        ("neither tea nor coffee", "neither tea or coffee", []),
        # The prefix is the negation.
        ("the valve is unsafe", "the valve is safe", ["negation_lost"]),
        ("she is unable to walk", "she is able to walk", ["negation_lost"]),
        # Moved to another clause; the neighbour that stayed must not hide the one that went.
        ("I don't think he will go", "I think he won't go", ["negation_lost", "negation_introduced"]),
        ("do not say no", "do say no", ["negation_lost"]),
        ("I can't not go", "I can't go", ["negation_lost"]),
        # None at all.
        ("no doubt he came", "he came", []),
        ("tell me whether or not he came", "tell me whether he came", []),
        ("no matter what you do", "what you do", []),
        ("no, no, no, stop", "no, stop", []),
        ("take No. 5 to the park", "take number 5 to the park", []),
        ("take no. 5", "take 5", []),
        ("no five people are alike", "five people are alike", ["negation_lost"]),
        ("a knot in the rope", "a notch in the rope", []),
    ],
)
def test_english_negations(reference: str, hypothesis: str, flags: list[str]) -> None:
    assert list(content(reference, hypothesis).flags) == flags


@pytest.mark.parametrize("normalizer", ["whisper-english@1", "vitw-english@1", "basic@1", "none"])
def test_negations_are_found_whatever_the_normaliser_leaves(normalizer: str) -> None:
    found = told("I don't smoke, and you can\u2019t.", "I do smoke, and you can.", normalizer=normalizer)
    assert [(kind, status) for kind, status, _, _ in found] == [("negation", "lost")] * 2
    assert [said for _, _, said, _ in found] == ["don't", "can\u2019t"]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "flags"),
    [
        ("他不去北京", "他去北京", ["negation_lost"]),
        ("他去北京", "他没去北京", ["negation_introduced"]),
        ("他没有钱", "他有钱", ["negation_lost"]),
        ("他没有钱", "他没钱", []),
        ("别动那个", "动那个", ["negation_lost"]),
        ("这是非法的", "这是合法的", ["negation_lost"]),
        ("他一定不来", "他不一定来", ["negation_lost", "negation_introduced"]),
        ("他一定不来", "他一定没来", []),
        # The character negates nothing in these words, and in questions.
        ("不过他来了", "但他来了", []),
        ("他非常忙", "他正常忙", []),
        ("我特别喜欢", "我特喜欢", []),
        ("差不多到了", "都到了", []),
        ("无论谁来都行", "谁来都行", []),
        ("是不是你", "是你", []),
        ("你有没有时间", "你有时间", []),
        ("不错的天气", "的天气", []),
        ("他在未来等你", "他在来等你", []),
        # Traditional spelling is folded.
        ("他沒有錢", "他有錢", ["negation_lost"]),
        ("這個特別好", "這個好", []),
    ],
)
def test_chinese_negations(reference: str, hypothesis: str, flags: list[str]) -> None:
    assert list(content(reference, hypothesis, language="zh").flags) == flags
    assert list(content(reference, hypothesis, language="zh", normalizer="none").flags) == flags


def test_both_languages_negate_where_they_are_mixed() -> None:
    found = told("我没有 money 但是 not bad", "我有 money 但是 bad", language="zh-en")
    assert found == [("negation", "lost", "没有", "有"), ("negation", "lost", "not", None)]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "told_of"),
    [
        ("twenty-three people", "23 people", "kept"),
        ("it costs five dollars", "It costs $5.", "kept"),
        ("one thousand of them", "1,000 of them", "kept"),
        ("fifty percent of them", "50% of them", "kept"),
        ("the twenty-first time", "the 21st time", "kept"),
        ("three point five miles", "3.5 miles", "kept"),
        ("take 50 mg", "take 15 mg", "changed"),
        ("it costs five dollars", "it costs five euros", "changed"),
        ("take twenty", "take one hundred twenty", "changed"),
        ("the third time", "the thirteenth time", "changed"),
        ("take fifty of them", "take if tea of them", "lost"),
        ("we want apples", "we want two apples", "introduced"),
        ("one of them", "five of them", "introduced"),  # a lone "one" is as often a pronoun
    ],
)
def test_english_numbers(reference: str, hypothesis: str, told_of: str) -> None:
    assert [(kind, status) for kind, status, _, _ in told(reference, hypothesis)] == [("number", told_of)]


def test_a_number_that_is_a_name_counts_once() -> None:
    assert told("They heard Twenty One Pilots", "They heard Twenty Two Pilots") == [
        ("number", "changed", "Twenty One", "Twenty Two")
    ]
    assert told("one never knows", "you never know") == [("negation", "kept", "never", None)]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "items"),
    [
        ("一共三百二十块", "一共320块", [("number", "kept")]),
        ("来了三个人", "来了四个人", [("number", "changed")]),  # a lone numeral that counts something
        ("来了三个人", "来了3个人", [("number", "kept")]),
        ("第三次来", "第四次来", [("number", "changed")]),
        ("百分之五的人", "百分之九的人", [("number", "changed")]),
        ("利率负百分之五", "利率百分之五", [("number", "changed")]),
        ("气温零下五度", "气温五度", [("number", "changed")]),
        ("气温零下二十度", "气温负20度", [("number", "kept")]),
        ("来了一个人", "来了个人", []),  # an article
        ("我们一起去", "我们起去", []),
        ("万一下雨呢", "万亿下雨呢", [("number", "introduced")]),
        ("吃三明治", "吃散明治", []),
        ("他十分高兴", "他使分高兴", []),
    ],
)
def test_chinese_numbers(reference: str, hypothesis: str, items: list[tuple[str, str]]) -> None:
    found = told(reference, hypothesis, language="zh")
    assert [(kind, status) for kind, status, _, _ in found] == items


@pytest.mark.parametrize(
    ("reference", "hypothesis", "status"),
    [
        ("on the fifth of May 2020", "On May 5, 2020.", "kept"),
        ("on March 3rd nineteen eighty four", "on 3 March 1984", "kept"),
        ("it was 2024-05-06 then", "it was May 6th 2024 then", "kept"),
        ("it was 5/6/2024 then", "it was the 5th of June 2024 then", "kept"),  # either reading
        ("come on Mondays", "come on Monday", "kept"),
        ("meet at 10:30", "meet at half past ten", "kept"),
        ("meet at 10:30", "meet at ten thirty", "kept"),
        ("meet at three o'clock", "meet at three", "kept"),
        ("meet at 3 pm", "meet at 15:00", "kept"),
        ("meet at a quarter to five", "meet at 4:45", "kept"),
        ("on May 5th", "on May 6th", "changed"),
        ("on May 5th", "on May 5th 2020", "changed"),
        ("see you tomorrow", "see you today", "changed"),
        ("come on Tuesday", "come on Thursday", "changed"),
        ("meet at 3 am", "meet at 3 pm", "changed"),
        ("see you tomorrow", "see you to borrow", "lost"),
        ("in march it rains", "in marsh it rains", "lost"),
        ("see you", "see you tomorrow", "introduced"),
    ],
)
def test_english_dates(reference: str, hypothesis: str, status: str) -> None:
    assert [(kind, of) for kind, of, _, _ in told(reference, hypothesis)] == [("date", status)]


@pytest.mark.parametrize("reference", ["may I go", "we march on", "May I go?", "you may go", "I am here"])
def test_words_that_are_months_in_other_places(reference: str) -> None:
    assert told(reference, f"{reference} now") == []


@pytest.mark.parametrize(
    ("reference", "hypothesis", "statuses"),
    [
        ("五月六号下午三点半开会", "5月6日15:30开会", ["kept", "kept"]),
        ("二零二四年五月六日开会", "2024年5月7日开会", ["changed"]),
        ("星期三开会", "周三开会", ["kept"]),
        ("星期三开会", "星期四开会", ["changed"]),
        ("明天开会", "今天开会", ["changed"]),
        ("三年后开会", "三年前开会", []),  # how long, not when
    ],
)
def test_chinese_dates(reference: str, hypothesis: str, statuses: list[str]) -> None:
    found = told(reference, hypothesis, language="zh")
    assert [status for kind, status, _, _ in found if kind == "date"] == statuses


@pytest.mark.parametrize(
    ("reference", "hypothesis", "items"),
    [
        ("We met Anna Smith", "We met Hannah Smith", [("changed", "Anna Smith", "Hannah Smith")]),
        ("We met Anna", "we met hannah", [("changed", "Anna", "hannah")]),  # alike is enough
        ("We met Anna", "We met him", [("lost", "Anna", "him")]),
        ("We met Anna", "We met an old man", [("lost", "Anna", "an old man")]),  # 2 of 10 letters
        ("We met Anna", "we met anna again", [("kept", "Anna", None)]),
        ("We met Anna", "We met Anna Smith", [("changed", "Anna", "Anna Smith")]),
        ("We met him", "We met Jim", [("introduced", "him", "Jim")]),
        # Nobody knows of these words whether they are names.
        ("we met anna", "We met Hannah", []),
        ("WE MET ANNA", "We met Hannah", []),
        ("Anna left", "Hannah left", []),
    ],
)
def test_names(reference: str, hypothesis: str, items: list[tuple[str, str, str | None]]) -> None:
    assert told(reference, hypothesis) == [("name", *item) for item in items]


def test_names_that_a_recogniser_found() -> None:
    names = ([(7, 11)], [(7, 13)])
    assert told("we met anna", "we met hannah", names=names) == [("name", "changed", "anna", "hannah")]
    assert told("we met Anna", "we met Hannah", names=([], [])) == []


def test_keywords() -> None:
    assert told("the town hall", "the hall", keywords=["town hall"]) == [
        ("keyword", "lost", "town hall", "hall")
    ]
    assert told("the hall", "the town hall", keywords=["town hall"]) == [
        ("keyword", "introduced", "hall", "town hall")
    ]
    with pytest.raises(ValueError, match="keywords"):
        content("a", "b", keywords=["!"])


def test_no_answer_has_none_and_silence_can_be_filled_with_some() -> None:
    assert key_content(score_utterance("do not", None)) is None
    assert content("do not wait", "").flags == ("negation_lost",)
    assert content("", "do not wait").flags == ("negation_introduced",)
    assert content("", "") == KeyContent()


def test_flags_are_ordered_by_weight() -> None:
    found = content("We met Anna on May 5th with 20 men", "We never met Hannah on May 6th with 30 men")
    assert found.flags == ("negation_introduced", "number_changed", "date_changed", "name_changed")


def test_a_diagnosis_that_is_there_changes_nothing() -> None:
    scored = score_utterance("We met Anna at 20 Main Street, not Bob.", "We met Hannah at 30 Main Street Bob")
    assert key_content(scored, diagnosis=diagnose(scored)) == key_content(scored)


def test_counts() -> None:
    one = content("do not pay twenty to Anna", "do pay twelve to Anna").counts
    assert one == KeyContentCounts(
        negation=KeyCounts(lost=1), number=KeyCounts(changed=1), name=KeyCounts(kept=1)
    )
    assert one.total == KeyCounts(kept=1, changed=1, lost=1)
    assert (one.total.recall, one.total.precision) == (pytest.approx(1 / 3), pytest.approx(1 / 2))
    assert sum([one, one]).negation == KeyCounts(lost=2)
    with pytest.raises(ValueError, match="negative"):
        KeyCounts(kept=-1)
    with pytest.raises(TypeError, match="whole number"):
        KeyCounts(kept=1.5)  # type: ignore[arg-type]


WORDS = (
    *("I", "do", "not", "never", "pay", "the", "men", "no", "twenty", "5", "$15", "Anna", "London", "unable"),
    *("Monday", "tomorrow", "half past ten", "May 5th", "one", "good", "road", "can't"),
)
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
HAN = st.lists(st.sampled_from("他不没有去三十五百块钱个人特别非常天星期月号点半是来"), max_size=10).map(
    "".join
)


@given(TEXTS | HAN, TEXTS | HAN, st.sampled_from(["en", "zh", "zh-en"]))
def test_what_always_holds(reference: str, hypothesis: str, language: str) -> None:
    scored = score_utterance(reference, hypothesis, language=language)
    found = key_content(scored, keywords=("men", "去"))
    assert found is not None
    total = found.counts.total
    assert total == found.total
    assert total.kept + total.changed + total.lost == total.reference
    assert total.kept <= min(total.reference, total.hypothesis)
    for item in found.items:
        for side, text, start, end in (
            (reference, item.reference, item.reference_start, item.reference_end),
            (hypothesis, item.hypothesis, item.hypothesis_start, item.hypothesis_end),
        ):
            assert (text is None) == (start is None) == (end is None)
            assert text is None or side[start:end] == text
    if not scored.counts or not scored.counts.errors:
        assert found.errors == ()


SLOTS = {
    "negation": ("not", "never", "unable", "well", ""),
    "number": ("twenty", "20", "$15", "good", ""),
    "date": ("monday", "half past ten", "10:30", "may 5th", "road", ""),
}
FILLED = st.tuples(*map(st.sampled_from, SLOTS.values())).map(
    lambda words: "we went {} home to see {} friends and then {} left again".format(*words)
)


@given(FILLED, FILLED)
def test_the_other_way_round_recall_is_precision(one: str, other: str) -> None:
    """Where the alignment is plain; and names are left out, which the reference's capital letters decide."""
    there, back = content(one, other).counts, content(other, one).counts
    for kind in SLOTS:
        ours, theirs = getattr(there, kind), getattr(back, kind)
        assert (ours.recall, ours.precision) == (theirs.precision, theirs.recall)
