"""How alike two different tokens are, in integers so that no rounding decides."""

from rapidfuzz.distance import Levenshtein


def is_soft(reference_token: str, hypothesis_token: str) -> bool:
    """Tell whether a substitution is soft: the character similarity is at least one half.

    The similarity is 1 - distance / longer length, with the Levenshtein distance over code points. Two
    different single characters are always hard.

    >>> is_soft("cat", "cap"), is_soft("ab", "ac"), is_soft("cat", "dog")
    (True, True, False)
    """
    longer = max(len(reference_token), len(hypothesis_token))
    return 2 * Levenshtein.distance(reference_token, hypothesis_token) <= longer


def character_similarity(reference_token: str, hypothesis_token: str) -> int:
    """Return the character similarity in thousandths, rounded down: 0 for nothing alike, 1000 for equal.

    >>> character_similarity("cat", "cap")
    666
    """
    longer = max(len(reference_token), len(hypothesis_token))
    if not longer:
        return 1000
    return 1000 * (longer - Levenshtein.distance(reference_token, hypothesis_token)) // longer
