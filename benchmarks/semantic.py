"""Texts embedded a second: each once, sorted and in batches, against a call for each side of each pair.

    python benchmarks/semantic.py [--pairs N] [--device cpu]

Needs the extra `semantic`. Pairs are made like those of a run: references that several systems and
conditions share, answers of all lengths, some of them equal. Both sides use the packaged model, in one
process, in turns; what counts is the ratio. Times are the best of three, in wall and CPU seconds.
"""

import argparse
import json
import random
import time
from collections.abc import Callable

import numpy as np

from asrdiag.semantic import SemanticScorer

WORDS = """
it was the best of times worst age wisdom foolishness epoch belief incredulity season light darkness spring
hope winter despair we had everything before us nothing going direct other way period present noisiest
authorities insisted being received for good evil superlative degree comparison only king queen large jaw
plain face throne england fair france countries clearer than crystal lords state preserves
"""


def made_pairs(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """References of 3 to 40 words, each with ten answers of which three are without an error."""
    draw, words = random.Random(seed), WORDS.split()
    pairs = []
    while len(pairs) < count:
        reference = draw.choices(words, k=draw.randint(3, 40))
        for answer in range(10):
            said = [word if answer < 3 or draw.random() > 0.2 else draw.choice(words) for word in reference]
            pairs.append((" ".join(reference), " ".join(said)))
    draw.shuffle(pairs)
    return pairs[:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    pairs = made_pairs(options.pairs)
    references, hypotheses = map(list, zip(*pairs, strict=True))
    scorer = SemanticScorer(device=options.device)
    network = scorer.encoder._network

    def ours() -> object:
        return scorer.score(references=references, hypotheses=hypotheses, normalizer="none")

    def naive() -> object:
        found = []
        for reference, hypothesis in pairs:
            one = network.encode(reference, normalize_embeddings=True, show_progress_bar=False)
            other = network.encode(hypothesis, normalize_embeddings=True, show_progress_bar=False)
            found.append(float(one @ other))
        return np.array(found)

    assert np.allclose(ours(), naive(), atol=1e-4)
    best = dict.fromkeys(("ours", "naive"), (np.inf, np.inf))
    sides: dict[str, Callable[[], object]] = {"ours": ours, "naive": naive}
    for _ in range(3):
        for name, side in sides.items():
            wall, cpu = time.perf_counter(), time.process_time()
            side()
            took = time.perf_counter() - wall, time.process_time() - cpu
            best[name] = min(best[name][0], took[0]), min(best[name][1], took[1])
    texts = 2 * len(pairs)
    print(
        json.dumps(
            {
                "device": scorer.encoder.device,
                "texts": texts,
                "different_texts": len({*references, *hypotheses}),
                **{f"{name}_texts_per_s": round(texts / took[0], 1) for name, took in best.items()},
                **{f"{name}_texts_per_cpu_s": round(texts / took[1], 1) for name, took in best.items()},
                "ratio_wall": round(best["naive"][0] / best["ours"][0], 2),
                "ratio_cpu": round(best["naive"][1] / best["ours"][1], 2),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
