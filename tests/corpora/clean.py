"""The clean corpora in their official layouts, a few clips each."""

import json
from pathlib import Path

from .sounds import write_tone

LIBRISPEECH_TEXTS = {
    "dev-clean": ("84-121123", ("GO DO YOU HEAR", "BUT IN LESS THAN FIVE MINUTES THE STAIRCASE GROANED")),
    "test-clean": ("1089-134686", ("HE HOPED THERE WOULD BE STEW FOR DINNER", "STUFF IT INTO YOU HIS BELLY")),
}
SPEAKERS = "; ID | SEX | SUBSET | MINUTES | NAME\n84   | F | dev-clean  | 8.02  | Christie\n"


def librispeech(root: Path) -> Path:
    for split, (chapter, texts) in LIBRISPEECH_TEXTS.items():
        folder = root / split / chapter.replace("-", "/")
        for number, _ in enumerate(texts):
            write_tone(folder / f"{chapter}-{number:04}.flac", seed=number)
        lines = [f"{chapter}-{number:04} {text}\n" for number, text in enumerate(texts)]
        (folder / f"{chapter}.trans.txt").write_text("".join(lines))
    (root / "SPEAKERS.TXT").write_text(SPEAKERS)
    return root


def aishell1(root: Path) -> Path:
    lines = []
    for split, speaker in (("test", "S0764"), ("test", "S0765"), ("train", "S0002")):
        for number, text in enumerate(("甚至 出现 交易", "一二 线 城市")):
            name = f"BAC009{speaker}W{number + 121:04}"
            write_tone(root / "wav" / split / speaker / f"{name}.wav", seed=number)
            lines.append(f"{name} {text}\n")
    transcript = root / "transcript" / "aishell_transcript_v0.8.txt"
    transcript.parent.mkdir()
    transcript.write_text("".join(lines), encoding="utf-8")
    return root


def common_voice(root: Path, locale: str = "en") -> Path:
    header = ("client_id", "path", "sentence_id", "sentence", "age", "gender", "accents", "locale")
    rows = (
        ("hash1", f"common_voice_{locale}_1.mp3", "s1", 'She said "all right', "", "", "", locale),
        (
            "hash2",
            f"common_voice_{locale}_2.mp3",
            "s2",
            "Two, please.",
            "twenties",
            "male_masculine",
            "",
            locale,
        ),
    )
    for number, row in enumerate(rows):
        write_tone(root / locale / "clips" / row[1], rate=48000, seed=number)
    write_tone(root / locale / "clips" / f"common_voice_{locale}_of_train.mp3", rate=48000)
    table = "".join("\t".join(row) + "\n" for row in (header, *rows))
    (root / locale / "test.tsv").write_text(table, encoding="utf-8")
    return root


def fleurs(root: Path, config: str = "en_us") -> Path:
    rows = (
        ("1675", "100.wav", "However, 5 came.", "however 5 came", "h o w", "4000", "FEMALE"),
        ("1675", "200.wav", "However, 5 came.", "however 5 came", "h o w", "4000", "MALE"),
    )
    for number, row in enumerate(rows):
        write_tone(root / config / "audio" / "test" / row[1], seed=number)
    (root / config / "test.tsv").write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return root


def voxpopuli(root: Path, *, hugging_face: bool = False) -> Path:
    header = ("id", "raw_text", "normalized_text", "speaker_id", "split", "gender")
    rows = (
        (
            "20180613-0900-PLENARY-15-en_1",
            "Mr President, thank you.",
            "mr president",
            "124732",
            "test",
            "male",
        ),
        ("20190101-0900-PLENARY-2-en_7", "", "only the normalised one", "", "test", ""),
    )
    folder = root / "en" if hugging_face else root / "transcribed_data" / "en"
    for number, row in enumerate(rows):
        place = "test/test_part_0" if hugging_face else row[0][:4]
        write_tone(folder / place / f"{row[0]}.{'wav' if hugging_face else 'ogg'}", seed=number)
    (folder / "asr_test.tsv").write_text("".join("\t".join(row) + "\n" for row in (header, *rows)))
    return root


def wenetspeech(root: Path) -> Path:
    def recording(name: str, mark: str, texts: tuple[str, ...]) -> dict[str, object]:
        path = f"audio/{mark.lower()}/B00022/{name}.opus"
        write_tone(root / path, seconds=3)
        segments = [
            {
                "sid": f"{name}_S{number:05}",
                "begin_time": 1.1 * number,
                "end_time": 1.1 * number + 1.1,
                "text": text,
                "subsets": [mark],
            }
            for number, text in enumerate(texts)
        ]
        return {"aid": name, "duration": 3.0, "path": path, "segments": segments}

    audios = [
        recording("TEST_NET_Y1", "TEST_NET", ("怎么样", "住得还习惯吧")),
        recording("Y0000000001", "L", ("不要",)),
        recording("TEST_MEETING_T1", "TEST_MEETING", ("开会",)),
    ]
    (root / "WenetSpeech.json").write_text(
        json.dumps({"audios": audios}, ensure_ascii=False), encoding="utf-8"
    )
    return root
