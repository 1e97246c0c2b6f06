"""Where random draws come from: a hash of what names the clip, never the order in which clips are made."""

import hashlib
import json

import numpy as np


def draws(seed: int, sample_id: str, base_id: str, stream: str = "") -> np.random.RandomState:
    """A source of random numbers that depends on its arguments only.

    It is a `RandomState` because NumPy's compatibility policy (NEP 19) freezes its streams, so that the same
    audio comes out with any version; those of `Generator` may change.

    Args:
        seed: the suite's.
        sample_id: the utterance's.
        base_id: the condition's id without its swept parameter.
        stream: what is drawn. Streams are independent: how many numbers one takes does not shift another.

    >>> round(draws(0, "sp01", "babble", "offset").random_sample(), 6)
    0.230732
    """
    # JSON rather than joined text: ("a", "bc") and ("ab", "c") must not meet.
    key = json.dumps([seed, sample_id, base_id, stream])
    words = np.frombuffer(hashlib.sha256(key.encode()).digest(), dtype="<u4")
    return np.random.RandomState(words.tolist())
