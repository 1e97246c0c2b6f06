"""Error rate against level: of conditions, and of corpora whose clips have an SNR of their own."""

from pathlib import Path

import pytest
from made_sweeps import corpus, make_sweep, omitting

from asrdiag.report.contents import contents_of
from asrdiag.report.level_curves import LevelCurve
from asrdiag.store.folder import RunFolder


def curves(run: Path) -> list[LevelCurve]:
    return list(contents_of([RunFolder(run)], worst=False).curves)


def rates(curve: LevelCurve) -> list[tuple[float, float]]:
    return [(point.level, point.rate_pct) for point in curve.points]


def test_a_sweep_is_over_the_clips_answered_at_every_level(tmp_path: Path) -> None:
    said = corpus(4)
    cells = {
        "sys/set/as_recorded": omitting(said, [0, 1, 0, 0]),
        "sys/set/echo.m100": omitting(said, [8, 8, None, 6]),
        "sys/set/echo.m000": omitting(said, [1, 1, 1, 3]),
        "sys/set/echo.m050": omitting(said, [4, 4, 9, 2]),
    }
    [curve] = curves(make_sweep(tmp_path / "run", said, cells))
    assert (curve.effect, curve.parameter, curve.levels_of, curve.n_left_out) == (
        *("echo", "severity", "condition"),
        1,
    )
    # Without clip 2: 1 + 1 + 3, 4 + 4 + 2 and 8 + 8 + 6 of 30 words.
    assert rates(curve) == [
        (0.0, pytest.approx(100 * 5 / 30)),
        (0.5, pytest.approx(100 * 10 / 30)),
        (1.0, pytest.approx(100 * 22 / 30)),
    ]
    assert curve.as_recorded_pct == pytest.approx(100 * 1 / 30)
    assert all(point.low_pct is not None and point.low_pct < point.rate_pct for point in curve.points)


def test_an_snr_falls_from_easy_to_hard(tmp_path: Path) -> None:
    said = corpus(2)
    cells = {f"sys/set/babble.snr{snr}": omitting(said, [n]) for snr, n in (("0", 7), ("10", 1), ("-2.5", 9))}
    [curve] = curves(make_sweep(tmp_path / "run", said, cells))
    assert rates(curve) == [(10.0, pytest.approx(10)), (0.0, pytest.approx(70)), (-2.5, pytest.approx(90))]
    assert curve.as_recorded_pct is None


def test_one_level_is_no_curve(tmp_path: Path) -> None:
    said = corpus(2)
    assert not curves(make_sweep(tmp_path / "run", said, {"sys/set/echo.m050": omitting(said, [1])}))


def test_nothing_answered_at_all_levels_is_a_note(tmp_path: Path) -> None:
    said = corpus(2)
    cells = {"sys/set/echo.m000": omitting(said, [1, None]), "sys/set/echo.m100": omitting(said, [None, 1])}
    contents = contents_of([RunFolder(make_sweep(tmp_path / "run", said, cells))], worst=False)
    assert contents.curves == ()
    assert "sys/set/echo: no curve, no clip with any reference was answered at all levels" in contents.notes


def test_a_level_without_any_answer_is_left_out_of_the_curve(tmp_path: Path) -> None:
    said = corpus(2)
    cells = {
        f"sys/set/echo.{end}": omitting(said, [n]) for end, n in (("m000", 1), ("m050", 2), ("m100", None))
    }
    [curve] = curves(make_sweep(tmp_path / "run", said, cells))
    assert [point.level for point in curve.points] == [0.0, 0.5]


def test_the_snr_of_a_corpus_makes_a_curve(tmp_path: Path) -> None:
    said = []
    for number, snr in enumerate((0, 5, 0, 5, "clean")):
        [each] = corpus(1, factors={"snr_db": snr})
        said.append(type(each)(f"c{number}", each.reference, each.speaker, factors=each.factors))
    cells = {
        "sys/set/as_recorded": omitting(said, [6, 2, 8, 4, 0]),
        "sys/set/echo.m050": omitting(said, [9]),
    }
    [curve] = curves(make_sweep(tmp_path / "run", said, cells))
    # At 5 dB 2 + 4 of 20 words, at 0 dB 6 + 8; the clean clip is on no level, echo alters the audio.
    assert (curve.levels_of, curve.effect, curve.parameter) == ("corpus", "as_recorded", "snr_db")
    assert rates(curve) == [(5.0, pytest.approx(30.0)), (0.0, pytest.approx(70.0))]
    assert [point.n_clips for point in curve.points] == [2, 2]
