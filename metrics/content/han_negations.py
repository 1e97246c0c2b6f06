"""Where Chinese negates, and the words in which the same character does not."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from ..units import HAN

Range = tuple[int, int]

NEGATORS = frozenset("不没沒别別未无無非勿甭唔冇")
"""The characters that negate, those of traditional spelling and of Cantonese among them."""

_SIMPLIFIED = str.maketrans(
    "沒別無過僅單論時錯斷會對說動關係準淹處樣國區級識個類離鑑線數錫窮軌機謂東豈該覺約議鏽鋼產緣",
    "没别无过仅单论时错断会对说动关系准淹处样国区级识个类离鉴线数锡穷轨机谓东岂该觉约议锈钢产缘",
)
_NO_NEGATIONS = """
    不过 不仅 不但 不光 不只 不单 不管 不论 不然 不料 不禁 不由 不妨 不愧 不错 不久 不一会 不断 不少
    不时 不得不 不好意思 不客气 不知不觉 不约而同 不可思议 不锈钢 不动产 不倒翁 不等式 不丹 不列颠
    要不 差不多 对不起 了不起 说不定 忍不住 巴不得 恨不得 免不了 少不了 大不了 动不动 无不 没关系 没事
    没错 没准 没收 没落 沉没 淹没 埋没 出没 覆没 吞没 湮没 隐没 辱没 没完没了 别人 别处 别墅 别名 别致
    别样 别家 别国 别的 别具 别扭 特别 区别 分别 级别 性别 差别 告别 识别 辨别 个别 类别 离别 鉴别
    派别 送别 道别 久别 永别 惜别 诀别 甄别 阔别 国别 组别 班别 未来 未免 未婚夫 未婚妻 无论 无线 无数
    无非 无比 无锡 无奈 无聊 无限 无穷 无轨 无花果 无人机 无人驾驶 无产阶级 无缘无故 无所谓 南无 非常
    非洲 南非 北非 东非 西非 中非 除非 莫非 若非 岂非 非得 非要 非但 非凡 非典 非议 面目全非 唔该
    唔好意思"""
_PATTERN = re.compile(
    f"{'|'.join(sorted(_NO_NEGATIONS.split(), key=len, reverse=True))}"
    f"|(?P<asked>[{HAN}])(?<![不没])[不没](?P=asked)"  # 是不是, 有没有: a question, not a negation
    "|(?P<negator>不+|[没沒未冇][有曾]?|[别別無无非勿甭唔])"
)


def han_negations(tokens: Sequence[str]) -> list[Range]:
    """Return which tokens of a Chinese text negate: ranges of tokens, end exclusive, from left to right.

    A character in a word in which it does not negate is none (不过, 非常, 特别), nor is that of a question of
    the kind 是不是. 没有 is one negation, and so is 不不不.

    >>> han_negations(tuple("他不是没有钱不过他非常忙"))
    [(1, 2), (3, 5)]
    """
    text = "".join(tokens)
    if NEGATORS.isdisjoint(text):
        return []
    plain = text.translate(_SIMPLIFIED)  # a character for a character
    spans = [match.span() for match in _PATTERN.finditer(plain) if match["negator"]]
    if len(text) == len(tokens) or not spans:
        return spans
    ends: list[int] = []
    for token in tokens:
        ends.append((ends[-1] if ends else 0) + len(token))
    return [(bisect_right(ends, start), bisect_right(ends, end - 1) + 1) for start, end in spans]
