"""The commonest function words of some languages: they tell the languages apart, and they weigh little.

The lists are short on purpose. They hold articles, pronouns, prepositions, conjunctions and auxiliaries as
they are spoken, in lower case, with their accents; no nouns and no names.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from ..units import CHINESE, spoken_languages

FUNCTION_WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        language: frozenset(words.split())
        for language, words in {
            "en": """
                a about all am an and any are as at be because been but by can could did do does for from
                had has have he her him his how i if in into is it its just me my no not of on or our out
                she so some than that the their them then there these they this to up us was we were what
                when where which who will with would you your""",
            "de": """
                aber als am an auch auf aus bei bin bis das dass dein dem den der des dich die dir doch du
                durch ein eine einem einen einer er es euch für haben habe hat hatte hier ich ihm ihn ihr
                im in ist ja kann kein keine man mein mich mir mit nach nicht noch nur oder schon sehr
                sein sich sie sind so über um und uns unser vom von vor war waren warum was wenn wer
                werden wie wir wird wo zu zum zur""",
            "es": """
                a al algo aquí como con cuando de del desde donde el él ella ellos en entre era es esa ese
                eso esta está están este esto estoy fue ha han hasta hay he la las le les lo los más me mi
                muy nada ni no nos nosotros o para pero por porque qué que se ser si sí sin sobre son su
                sus también te tiene tengo todo todos tu tú un una uno usted y ya yo""",
            "fr": """
                à au aussi aux avec avez avons c'est ce ces cette ça comme dans de des du elle elles en
                est et être était eux fait il ils j'ai je l' la le les leur lui ma mais me mes moi mon ne
                nos notre nous on ont ou où par pas plus pour qu'il que qui quoi sa sans se ses si son
                sont sur ta te tes toi ton tout tu un une vos votre vous y""",
            "it": """
                a ad ai al alla alle anche c'è che chi ci come con così cosa da dal dalla degli dei del
                della delle di dove e è era gli ha hai hanno ho i il in io la le lei lo loro lui ma me mi
                mia mio molto ne nel nella no noi non nostro o per perché più quando quello questa questo
                qui se sei si sia sono su sua suo sul sulla ti tu tutti tutto un una uno vi voi""",
            "nl": """
                aan al als bij dan dat de deze die dit doen door dus een en er ga geen had heb hebben
                heeft het hij hier hoe hun ik in is ja je jij kan maar me met mij mijn moet na naar niet
                nog nu of om onder ons ook op over te toch toen tot uit uw van veel voor waar want waren
                was wat we weer wel werd wie wij wil worden wordt zal ze zich zij zijn zo zou""",
            "pt": """
                a ao aos as até com como da das de dela dele do dos e é ela elas ele eles em entre era
                essa esse esta está estão este eu foi há isso isto já lhe mais mas me mesmo meu minha
                muito na nas não nem no nos nós o os ou para pela pelo por porque quando que quem se sem
                ser seu sua são só também tem tenho tinha tudo um uma você vocês""",
            "zh": "的 地 得 了 着 吗 呢 吧 啊 呀 嘛 哦 嗯 呃 啦",
        }.items()
    }
)
"""Language to function words. Those of Chinese are its particles: its script tells it apart."""

NEGATIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        language: frozenset(words.split())
        for language, words in {
            "en": "no not nor never none nothing nobody without cannot",
            "de": "nicht nichts nie niemals kein keine keinen keinem keiner nein ohne niemand",
            "es": "no ni nunca nada nadie sin ningún ninguna tampoco",
            "fr": "ne n' pas non jamais rien sans aucun aucune personne",
            "it": "non no mai niente nulla né senza nessuno nessuna",
            "nl": "niet geen nooit niets nee niemand zonder",
            "pt": "não nem nunca nada ninguém sem nenhum nenhuma",
            "zh": "不 没 别 未 无",
        }.items()
    }
)
"""Words that turn a sentence around: an error in one is never a minor one."""


_STRETCHES = re.compile("(C*)([^C]+)")


@lru_cache
def languages_of(language: str) -> tuple[str, ...]:
    """Return the languages that a tag stands for, as keys of `FUNCTION_WORDS` where there is a list.

    >>> languages_of("en_us"), languages_of("yue"), languages_of("zh-en")
    (('en',), ('zh',), ('zh', 'en'))
    """
    return tuple("zh" if spoken in CHINESE else spoken for spoken in spoken_languages(language))


@lru_cache
def _lists(languages: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    negations, function_words = (
        frozenset[str]().union(*(lists.get(language, ()) for language in languages))
        for lists in (NEGATIONS, FUNCTION_WORDS)
    )
    return negations, function_words


def function_words_of(languages: tuple[str, ...]) -> frozenset[str]:
    """Return the function words of languages, none for those without a list.

    >>> "the" in function_words_of(("en",)), len(function_words_of(("pl",)))
    (True, 0)
    """
    return _lists(languages)[1]


def weigh(
    letters: str,
    reference: Sequence[str],
    hypothesis: Sequence[str],
    languages: tuple[str, ...],
    light_weight: float,
) -> tuple[float, int]:
    """Add up what the errors of an alignment weigh, and count those that touch a negation.

    An error weighs 1, a light one `light_weight`. Light are a soft substitution, words that are only written
    apart or together (one error for all of them), and an error that touches nothing but function words: one
    left out, put in, or taken for another. An error that touches a negation is never light.
    """
    negations, function_words = _lists(languages)
    light = heavy = negated = i = j = 0
    for correct, wrong in _STRETCHES.findall(letters):
        i += len(correct)
        j += len(correct)
        next_i, next_j = i + len(wrong) - wrong.count("I"), j + len(wrong) - wrong.count("D")
        if "".join(reference[i:next_i]) == "".join(hypothesis[j:next_j]):
            light += 1
            i, j = next_i, next_j
            continue
        for letter in wrong:
            touched = (*reference[i : i + (letter != "I")], *hypothesis[j : j + (letter != "D")])
            if not negations.isdisjoint(touched):
                negated += 1
                heavy += 1
            elif letter == "s" or function_words.issuperset(touched):
                light += 1
            else:
                heavy += 1
            i += letter != "I"
            j += letter != "D"
    return heavy + light_weight * light, negated
