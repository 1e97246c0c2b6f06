"""Dates and times of day in Chinese: where they stand, and what they say."""

import re
from collections.abc import Iterator
from functools import lru_cache

from ..diagnosis.han_numbers import han_whole
from .date_parts import Parts, clock

_FEW = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}|廿[一二三四五六七八九]?)"
_WEEKDAYS = "一二三四五六日"
_RELATIVE = {
    "大前天": "-3", "前天": "-2", "昨天": "-1", "昨日": "-1", "昨晚": "-1 night", "今天": "0", "今日": "0",
    "今晚": "0 night", "明天": "1", "明日": "1", "明晚": "1 night", "后天": "2", "後天": "2", "大后天": "3",
    "大後天": "3", "前年": "-2 year", "去年": "-1 year", "今年": "0 year", "明年": "1 year", "后年": "2 year",
    "後年": "2 year", "上周": "-1 week", "上个月": "-1 month", "下周": "1 week", "下个月": "1 month",
    "上週": "-1 week", "下週": "1 week", "上個月": "-1 month", "下個月": "1 month",
}  # fmt: skip
_HALF_DAYS = {
    "凌晨": "a", "清晨": "a", "早上": "a", "早晨": "a", "上午": "a", "中午": "p", "下午": "p", "傍晚": "p",
    "晚上": "p", "夜里": "p", "夜裡": "p", "今晚": "p", "明晚": "p", "昨晚": "p",
}  # fmt: skip
_TRIGGERS = frozenset("年月日周週期拜天晚点點时時晨早午傍夜")
"""Characters, one of which is in every date that is not all in digits."""

_DATE = re.compile(
    rf"(?:(?P<year>\d{{4}}|[零〇一二三四五六七八九]{{4}}|\d\d)年)(?:(?P<m1>{_FEW})月(?:份|(?P<d1>{_FEW})[日号號]?)?)?"
    rf"|(?P<m2>{_FEW})月(?:份|(?P<d2>{_FEW})[日号號]?)?"
    r"|(?P<day>\d{1,2})日(?![元圆圓])"
    r"|(?P<week>[上下本这這])?[个個]?(?:星期|礼拜|禮拜|(?<![一两二三四五几半])[周週])(?P<weekday>[一二三四五六日天])(?![次个個天遍回岁歲年])"
    rf"|(?P<half>{'|'.join(_HALF_DAYS)})?(?P<hour>{_FEW})(?:[点點时時](?P<past>半|[一三]刻|钟|鐘|整|零?{_FEW}分?)?|:(?P<min>[0-5]\d))"
    rf"|(?P<relative>{'|'.join(sorted(_RELATIVE, key=len, reverse=True))})"
)
_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45, "钟": 0, "鐘": 0, "整": 0}


def han_dates(text: str) -> Iterator[tuple[int, int, Parts]]:
    """Yield the dates and times of a Chinese text: character ranges, end exclusive, and the parts.

    三点 may be three points, so a time has the part of the day before it or half, quarters or minutes behind
    it. 三年 and 五个月 are lengths of time, and none.

    >>> text = "二零二四年五月六号星期三下午三点半开会,三年后再说"
    >>> [text[start:end] for start, end, _ in han_dates(text)]
    ['二零二四年五月六号', '星期三', '下午三点半']
    """
    if _TRIGGERS.isdisjoint(text):
        return
    for match in _DATE.finditer(text):
        if (parts := _parts(match)) is not None:
            yield match.start(), match.end(), parts


def _parts(match: re.Match[str]) -> Parts | None:
    if relative := match["relative"]:
        return Parts(relative=_RELATIVE[relative])
    if weekday := match["weekday"]:
        week = (match["week"] or "").replace("這", "这")
        return Parts(weekday=_WEEKDAYS.index(weekday.replace("天", "日")) + 1, relative=week)
    if match["hour"]:
        return _time(match)
    year = _number(match["year"])
    month, day = _number(match["m1"] or match["m2"]), _number(match["d1"] or match["d2"] or match["day"])
    if (month is not None and not 0 < month < 13) or (day is not None and not 0 < day < 32):
        return None
    return Parts(year=year, month=month, day=day)


def _time(match: re.Match[str]) -> Parts | None:
    hour, half, past = _number(match["hour"]), match["half"], match["past"]
    if hour is None or not (half or past or match["min"]):
        return None
    if match["min"]:
        minute: int | None = int(match["min"])
    elif past in _QUARTERS:
        minute = _QUARTERS[past]
    else:
        minute = _number(past.strip("零分")) if past else 0
    if minute is None:
        return None
    return clock(hour, minute, _HALF_DAYS[half] if half and 0 < hour < 13 else "")


@lru_cache(maxsize=1024)
def _number(text: str | None) -> int | None:
    if text is None:
        return None
    worth = han_whole(text.replace("廿", "二十"))
    return None if worth is None else int(worth)
