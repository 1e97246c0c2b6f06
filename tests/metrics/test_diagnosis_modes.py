"""Every mode, the published shapes of failure, and both sides of every limit."""

import pytest

from asrdiag.metrics import score_utterance
from asrdiag.metrics.diagnosis import MODES, Diagnosis, Thresholds, diagnose

QUIET = "I usually take the quieter road home because the main street gets crowded after work."  # 15 words
CHARGER = "I forgot my charger at home, so I need to find an outlet before the meeting starts."
MEETING = "今天下午三点我们在会议室讨论新的项目计划"  # 20 characters
PHONE = "请打开 bluetooth 然后连接我的 headphone 谢谢"  # 13 tokens


def diagnosed(
    reference: str, hypothesis: str, language: str = "en", normalizer: str | None = None
) -> Diagnosis:
    diagnosis = diagnose(score_utterance(reference, hypothesis, language=language, normalizer=normalizer))
    assert diagnosis is not None
    return diagnosis


SHAPES = [
    ("empty", "empty", ""),
    ("empty", "empty", " ... "),  # the normaliser leaves the full stops, as one token
    ("hallucination", "unrelated", "Thank you for watching, please subscribe to my channel."),
    ("hallucination", "unrelated", "The committee will meet again next Thursday to discuss the budget."),
    ("hallucination", "added", f"{QUIET} Then she told me about the elephants in the garden."),
    (
        "repetition_loop",
        "loop_errors",
        "I usually take the quieter road" + " I usually take the road" * 4,
    ),
    ("repetition_loop", "loop_errors", "Thank you. " * 5),
    ("repetition_loop", "loop_errors", f"{QUIET} work work work"),
    (
        "language_switch",
        "function_words",
        "Normalmente tomo el camino más tranquilo a casa porque la calle principal se llena de gente.",
    ),
    (
        "language_switch",
        "function_words",
        "Ich nehme gewöhnlich die ruhigere Straße nach Hause, weil die Hauptstraße abends voll ist.",
    ),
    ("language_switch", "script", "我通常走比较安静的路回家"),
    ("language_switch", "script", "Я обычно иду домой по тихой дороге"),
    ("truncation", "end_missing", "I usually take the quieter road home"),
    ("truncation", "beginning_missing", "the main street gets crowded after work"),
    ("omission", "deletions", "I usually take because the main street gets crowded after work."),
    ("omission", "deletions", "I usually the quieter home because main street crowded after work."),
    (
        "semantic_drift",
        "drift",
        "I usually take the quieter road but my brother thinks we should buy bicycles.",
    ),
    (
        "word_confusion",
        "confusion",
        "I usually bake the quilter road home because the mane straight gets clouded.",
    ),
    (
        "minor",
        "few_light_errors",
        "I usually take a quieter road home because the main streets gets crowded after work.",
    ),
    ("correct", "equal", f"  {QUIET.upper()}!!"),
]


def test_there_is_a_shape_for_every_mode() -> None:
    assert {mode for mode, _, _ in SHAPES} == set(MODES)


@pytest.mark.parametrize(("mode", "rule", "hypothesis"), SHAPES)
def test_the_shapes_of_failure(mode: str, rule: str, hypothesis: str) -> None:
    diagnosis = diagnosed(QUIET, hypothesis)
    assert (diagnosis.mode, diagnosis.evidence.rule) == (mode, rule), diagnosis.evidence.text


@pytest.mark.parametrize(
    ("mode", "rule", "reference", "hypothesis"),
    [
        # What a small recogniser wrote in babble and white noise.
        (
            "semantic_drift",
            "drift",
            CHARGER,
            "I forgot my career at home, so I need to find out how clear Jupiter really is done.",
        ),
        (
            "hallucination",
            "unrelated",
            "The stray cat gave birth to kittens",
            "I'm going to show you how to use breakfast.",
        ),
        (
            "hallucination",
            "unrelated",
            "She has a smart way of wearing clothes",
            "That's what I was going to say.",
        ),
        (
            "word_confusion",
            "confusion",
            "The birch canoe slid on the smooth planks",
            "The birds can use lead on a smooth plank.",
        ),
        (
            "word_confusion",
            "confusion",
            "Hats are worn to tea and not to dinner",
            "Has a warranty tea and not to dinner,",
        ),
        ("omission", "deletions", "Please remind me to print the forms before we leave", "So"),
        (
            "repetition_loop",
            "loop_errors",
            "it was the winter of despair",
            "It's a new time. It's a new time. It's a new time.",
        ),
        (
            "repetition_loop",
            "loop_errors",
            "the sky was clear and blue",
            "We've got to have a little bit of a little bit of a little bit of a little",
        ),
        (
            "minor",
            "few_light_errors",
            "Wipe the grease off his dirty face",
            "Wipes the grease off his dirty face.",
        ),
        # Function words alone are right: by chance, in what the same recogniser made up.
        (
            "hallucination",
            "function_words_right",
            "The lazy cow lay in the cool grass",
            "The link is called the URL.",
        ),
        (
            "hallucination",
            "function_words_right",
            "We talked of the sideshow in the circus",
            "You can also find one of the other episodes of the show.",
        ),
        (
            "hallucination",
            "function_words_right",
            "The parcel was left with the neighbour on the ground floor.",
            "The minister was asked about the budget on the evening news.",
        ),
        # Nothing is wrong in what is left of these, and the letters of the next were heard.
        (
            "omission",
            "deletions",
            "She said that the keys to the shed are in the drawer of the desk.",
            "that the to the in the of the",
        ),
        (
            "word_confusion",
            "confusion",
            "The drip of the rain made a pleasant sound",
            "The grip of the train maid a peasant hound",
        ),
        # Two texts about different things share function words, which does not end what was made up.
        (
            "semantic_drift",
            "drift",
            "When the storm was over we walked down to the harbour to look at the boats.",
            "When the storm was over we saw a film in the city to forget it with popcorn.",
        ),
        (
            "word_confusion",
            "confusion",
            "When the storm was over we walked down to the harbour to look at the boats.",
            "When the stone was over we worked town to the arbor to lock at the goats.",
        ),
        # One entity changed or lost, and a negation lost, in sentences that are right otherwise.
        (
            "word_confusion",
            "what_matters",
            "we arrive in Paris on Monday morning if all goes well",
            "we arrive in Prague on Monday morning if all goes well",
        ),
        (
            "omission",
            "what_matters",
            "we will all arrive in Paris on Monday morning if all goes well",
            "we will all arrive in on Monday morning if all goes well",
        ),
        (
            "word_confusion",
            "what_matters",
            "the train leaves at seven from the second platform on the left side",
            "the train leaves at eleven from the second platform on the left side",
        ),
        (
            "omission",
            "what_matters",
            "please do not press the red button before we have left the room",
            "please do press the red button before we have left the room",
        ),
        # The speaker repeats himself: that is no loop.
        ("correct", "equal", "no no no no no", "no no no no no"),
        # Nothing was said.
        ("correct", "nothing_said", "", ""),
        ("correct", "nothing_said", "um, uh", "hmm"),
        ("hallucination", "silence", "", "Thank you for watching!"),
        ("hallucination", "silence", "", "Thank you. " * 8),
        ("minor", "marks_only", "", "..."),
        # Very short texts.
        ("word_confusion", "confusion", "stop", "go"),
        ("hallucination", "unrelated", "okay", "thank you for watching"),
        ("truncation", "end_missing", "good morning everyone how are you", "good"),
    ],
)
def test_cases(mode: str, rule: str, reference: str, hypothesis: str) -> None:
    diagnosis = diagnosed(reference, hypothesis)
    assert (diagnosis.mode, diagnosis.evidence.rule) == (mode, rule), diagnosis.evidence.text


@pytest.mark.parametrize(
    ("mode", "language", "reference", "hypothesis"),
    [
        ("correct", "zh", MEETING, MEETING + "。"),
        ("empty", "zh", MEETING, ""),
        ("hallucination", "zh", MEETING, "感谢您的收看请订阅我的频道"),
        ("hallucination", "zh", "", "谢谢观看"),
        ("repetition_loop", "zh", MEETING, "今天下午" * 6),
        ("repetition_loop", "zh", MEETING, "谢谢大家的观看请订阅我的频道" * 4),  # 14 characters a turn
        ("language_switch", "zh", MEETING, "this afternoon we discuss the new plan in the meeting room"),
        ("language_switch", "zh", MEETING, "きょうの午後三時に会議室で新しい計画について話します"),
        ("truncation", "zh", MEETING, "今天下午三点我们在会"),
        ("truncation", "zh", MEETING, "会议室讨论新的项目计划"),
        ("omission", "zh", MEETING, "今天下午三点讨论新的项目计划"),
        ("word_confusion", "zh", MEETING, "今天下午三点我们再会议是讨论新的向目计划"),  # 3 of 20
        ("word_confusion", "zh", MEETING, "今天下午四点我们在会议室讨论新的项目计划"),  # the number
        (
            "omission",
            "zh",
            "我们今天下午不在会议室讨论新的项目计划",
            "我们今天下午在会议室讨论新的项目计划",
        ),  # "not"
        (
            "minor",
            "zh",
            MEETING,
            "今天下午三点我们再会议室讨论新得项目计划",
        ),  # 1 + 0.4 of 20: a particle is light
        ("semantic_drift", "zh", MEETING, "今天下午三点我们去公园看电影买很多好吃的东西"),
        ("word_confusion", "zh", "攻势", "公式"),  # sounds alike, but no character tells so
        ("language_switch", "yue", "我哋今日去邊度食飯", "where shall we go to eat"),
        ("truncation", "zh-en", PHONE, "请打开 bluetooth 然后"),
        ("hallucination", "zh-en", PHONE, "感谢您的收看请订阅我的 channel"),
        ("word_confusion", "zh-en", PHONE, "请打开 blue 然后连接我的 head 谢谢"),
        ("repetition_loop", "zh-en", PHONE, "请打开 " + "bluetooth 谢谢 " * 5),
        ("empty", "zh-en", PHONE, ""),
    ],
)
def test_chinese_and_mixed(mode: str, language: str, reference: str, hypothesis: str) -> None:
    diagnosis = diagnosed(reference, hypothesis, language)
    assert diagnosis.mode == mode, diagnosis.evidence.text


def test_no_answer_is_not_diagnosed() -> None:
    assert diagnose(score_utterance("hello", None)) is None


def words(count: int, prefix: str = "w") -> str:
    # Words of which no two are alike: 676 of eight letters.
    letters = "abcdefghijklmnopqrstuvwxyz"
    offset = {"w": 0, "x": 1, "y": 2}[prefix]
    return " ".join(f"{letters[(3 * n + offset) % 26]}{letters[n // 26]}" * 4 for n in range(count))


def raw(reference: str, hypothesis: str, language: str = "pl") -> str:
    # A language without word lists, and no normaliser: every limit is met by counting.
    return diagnosed(reference, hypothesis, language, "none").mode


def test_the_limit_of_minor() -> None:
    ten, nine = words(10).split(), words(9).split()
    assert raw(" ".join(ten), " ".join(["dog", *ten[1:]])) == "minor"  # 1/10
    assert raw(" ".join(nine), " ".join(["dog", *nine[1:]])) == "word_confusion"  # 1/9
    assert raw("a caught b c", "a taught b c") == "minor"  # one soft: 0.4/4 = 0.1
    assert raw("a caught b", "a taught b") == "word_confusion"  # 0.4/3
    # In English the article is light: (0.4 + 0.4)/8; "cat" is not: (1 + 0.4)/8.
    assert raw("the cat sat there on the old mat", "a cat sat there on old mat", "en") == "minor"
    assert raw("the cat sat there on the old mat", "the sat there on old mat", "en") == "omission"
    assert (
        raw("my drug store is here now", "my drugstore is here now", "en") == "minor"
    )  # one light error: 0.4/6


def test_the_limits_of_repetition() -> None:
    text = words(12)
    assert raw(text, f"{text} no no no no") == "repetition_loop"  # 4 wrong tokens of 4 errors
    assert raw(text, f"{text} no no no") != "repetition_loop"  # three times is speech
    assert raw("no no", "no no no no") == "word_confusion"  # a loop, but 2 wrong tokens of the 3 it takes
    half = text.split()
    wrong = [*half[:8], "dog", "sun", "hat", "cup", "no", "no", "no", "no"]
    assert raw(text, " ".join(wrong)) == "repetition_loop"  # 4 of 8 errors
    wrong[7] = "pen"
    assert raw(text, " ".join(wrong)) != "repetition_loop"  # 4 of 9 errors, and 4 of 16 words
    # Half of what was written, though most errors lie elsewhere: 6 of 12 words.
    assert raw(words(40), " ".join([*words(6).split(), *["no no no no no no"]])) == "repetition_loop"
    # An n-gram of 64 words three times over is found, one of 65 is not.
    for period, found in ((64, True), (65, False)):
        diagnosis = diagnosed("hello", " ".join([words(period)] * 3), "pl", "none")
        assert bool(diagnosis.loops) is found


def test_the_limits_of_a_switch() -> None:
    # 2 of 8 words are Spanish function words, none is English.
    assert (
        raw("the dog sees one cat near our house", "perro mira gato casa los nuestra cerca del", "en")
        == "language_switch"
    )
    # 2 of 9.
    assert (
        raw("the dog sees one cat near our house", "perro mira gato casa los nuestra cerca del arbol", "en")
        != "language_switch"
    )
    # One word twice is one word.
    assert (
        raw("the dog sees one cat near our house", "perro mira gato casa los los cerca gris", "en")
        != "language_switch"
    )
    # An English word for two Spanish ones is more than a third.
    assert (
        raw("the dog sees one cat near our house", "perro mira with casa los nuestra cerca del", "en")
        != "language_switch"
    )
    # It was Spanish that was spoken, whatever the label says.
    assert (
        raw("el perro mira los gatos", "los niños comen pan con queso en la casa", "en") != "language_switch"
    )
    # Half of the words in another script, and one less than half.
    assert raw("the dog sees", "собака кошка red sky", "en") == "language_switch"
    assert raw("the dog sees", "собака кошка red sky blue", "en") != "language_switch"
    # More than half of the words are right: a foreign name is no switch.
    assert raw("we met Anna in town", "we met Анна in town", "en") == "word_confusion"


def test_the_limits_of_unrelated() -> None:
    # 1 of 4 right is chance, 2 of 4 are not.
    assert raw("mmmm kkkk pppp zzzz", "mmmm aaaa eeee iiii") == "hallucination"
    assert raw("mmmm kkkk pppp zzzz", "mmmm kkkk eeee iiii") != "hallucination"
    # Similarity of the letters: 4 of 12 are 1/3, 5 of 12 are more.
    assert raw("abcd efgh ijkl", "abxx efxx xxxx") == "hallucination"
    assert raw("abcd efgh ijkl", "abcx efxx xxxx") != "hallucination"
    # Four words are a text, whatever the length of the reference.
    assert raw(words(20), "zebra uncle igloo ounce") == "hallucination"
    assert raw(words(20), "zebra uncle igloo") == "omission"
    # Two are, if that is half of the reference's length.
    assert raw(words(4), "zebra uncle") == "hallucination"
    assert raw(words(5), "zebra uncle") == "omission"
    assert raw(words(2), "zebra") == "word_confusion"


def test_the_limits_of_function_words_that_are_right() -> None:
    # "in the" and "of" are right, 3 of 7 words, and 4 are wrong; 3 wrong words are no text.
    reference = "mmmm in the kkkk of pppp zzzz"
    assert diagnosed(reference, "aaaa in the eeee of iiii oooo", "en", "none").evidence.rule == (
        "function_words_right"
    )
    assert raw("mmmm in the kkkk of pppp", "aaaa in the eeee of iiii", "en") == "word_confusion"
    # Without a list, they are words like others.
    assert raw(reference, "aaaa in the eeee of iiii oooo") == "word_confusion"
    # One right word of another kind, "zzzz".
    assert raw(reference, "aaaa in the eeee of iiii zzzz", "en") == "word_confusion"
    # Of the 20 letters 7, those of the three words, are right: 0.35 of the whole is too much alike.
    assert raw("mmm in the kkk of ppp zzzz", "aaa in the eee of iii oooo", "en") == "word_confusion"


def test_the_limits_of_added_text() -> None:
    text = words(20)
    assert (
        raw(text, f"{text} zebra uncle igloo ounce") == "hallucination"
    )  # 4 words, 4/24 of the answer, all errors
    assert raw(text, f"{text} zebra uncle igloo") == "word_confusion"  # 3 words: 3/20 is not minor
    assert (
        raw(words(36), f"{words(36)} zebra uncle igloo ounce") == "hallucination"
    )  # 4/40 = 0.1 of the answer
    wrong = words(20).split()
    wrong[0:8:2] = ["dog", "hat", "cup", "pen"]
    assert raw(text, " ".join([*wrong, "zebra uncle igloo ounce"])) == "hallucination"  # 4 of 8 errors
    wrong[8] = "fig"
    assert (
        raw(text, " ".join([*wrong, "zebra uncle igloo ounce"])) == "word_confusion"
    )  # 4 of 9 errors, 4/24 of the answer


def test_the_limits_of_drift() -> None:
    text = words(13).split()
    other = ["zebra", "uncle", "igloo", "ounce"]
    # 4 of 13 words are 0.31 of the answer, 4 of 14 are 0.29.
    assert raw(words(13), " ".join([*text[:9], *other])) == "semantic_drift"
    assert raw(words(14), " ".join([*words(14).split()[:10], *other])) == "word_confusion"
    assert raw(words(13), " ".join([*text[:10], *other[:3]])) == "word_confusion"  # 3 words are wrong words
    # 4 fabricated against 8 omitted; one more omitted and what is missing matters more.
    assert raw(words(20), " ".join([*words(20).split()[:8], *other])) == "semantic_drift"
    assert raw(words(21), " ".join([*words(21).split()[:8], *other])) == "truncation"


def test_drift_goes_on_across_function_words() -> None:
    # 2 + 2 wrong words with "in the" between: 4 of 13 words are 0.31 of the answer, 4 of 14 are 0.29.
    reference, made_up = "mmmm pppp in the kkkk bbbb", "zebra igloo in the ounce apron"
    assert raw(f"{words(7)} {reference}", f"{words(7)} {made_up}", "en") == "semantic_drift"
    assert raw(f"{words(8)} {reference}", f"{words(8)} {made_up}", "en") == "word_confusion"
    assert raw(f"{words(7)} {reference}", f"{words(7)} {made_up}") == "word_confusion"  # without a list
    other = [text.replace("in the", "old hut") for text in (reference, made_up)]
    assert raw(f"{words(7)} {other[0]}", f"{words(7)} {other[1]}", "en") == "word_confusion"


def test_the_limits_of_truncation_and_omission() -> None:
    text = words(12).split()
    assert raw(words(12), " ".join(text[:10])) == "truncation"  # the last 2
    assert raw(words(6), " ".join(words(6).split()[:5])) == "omission"  # the last 1
    assert raw(words(12), " ".join(text[2:])) == "truncation"  # the first 2
    assert raw(words(12), " ".join([*text[:4], *text[6:]])) == "omission"  # 2 in the middle
    # 2 of 3 errors are missing at the end; 2 of 4 are not more than half.
    assert raw(words(12), " ".join(["dog", *text[1:10]])) == "truncation"
    assert raw(words(12), " ".join(["dog", "sun", *text[2:10]])) == "word_confusion"
    # One word that is right begins the text; one that is right in its middle does not.
    assert raw(words(12), text[0]) == "truncation"
    assert raw(words(12), text[5]) == "omission"
    # In characters it takes three.
    assert raw("大家好我们走吧朋友们来", "大家好我们走吧朋", "zh") == "truncation"
    assert raw("大家好我们走吧朋友们来", "大家好我们走吧朋友", "zh") == "omission"


def test_earlier_rules_win() -> None:
    text = words(12)
    # A loop over a foreign text is a loop; a foreign text over nothing in common is a switch.
    assert raw(text, "нет " * 6) == "repetition_loop"
    assert raw(text, "дом кот сад лес мир сон") == "language_switch"
    assert raw(text, "sun cup hat pen fig oak") == "hallucination"
    # A text that was added outweighs an end that is missing.
    both = diagnosed(
        words(20),
        " ".join([*words(20).split()[:15], "zebra uncle igloo ounce apron orbit unity"]),
        "pl",
        "none",
    )
    assert both.mode == "semantic_drift"
    # What did not decide is found all the same.
    loop = diagnosed(words(20), " ".join([*words(20).split()[:6], *["no"] * 8]), "pl", "none")
    assert loop.mode == "repetition_loop" and loop.fabricated_spans and loop.omission_spans


def test_other_thresholds_are_used_and_named() -> None:
    scored = score_utterance("one fine day we met", "one fine day we meet", normalizer="none")
    strict = Thresholds(version="2+strict", minor_rate=0.05)
    assert (usual := diagnose(scored)) is not None and (
        other := diagnose(scored, thresholds=strict)
    ) is not None
    assert (usual.mode, usual.thresholds) == ("minor", "2")
    assert (other.mode, other.thresholds) == ("word_confusion", "2+strict")
