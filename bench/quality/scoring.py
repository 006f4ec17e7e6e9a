"""BM25 over groups of alternative terms, nDCG, and the paired bootstrap."""

from collections import Counter, defaultdict
from math import log, log2

import numpy as np

K1, B = 1.2, 0.75
DEPTH = 10


class Groups:
    """BM25 as Lucene has it. A word of a query is a group of terms, any of which may stand for it:
    its count in a document is that of the most frequent one, and its documents are those that have
    any of them."""

    def __init__(self, documents: list[dict]):
        lengths = np.array([document["length"] for document in documents], dtype=float)
        self.norm = K1 * (1 - B + B * lengths / max(lengths.mean(), 1))
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, document in enumerate(documents):
            for term, count in Counter(document["terms"]).items():
                postings[term].append((number, count))
        self.postings = {term: np.array(found).T for term, found in postings.items()}

    def top(self, query: dict) -> list[int]:
        scores = np.zeros(len(self.norm))
        for group in query["groups"]:
            counts = np.zeros(len(self.norm))
            for term in group["terms"]:
                if term in self.postings:
                    numbers, found = self.postings[term]
                    counts[numbers] = np.maximum(counts[numbers], found)
            frequency = np.count_nonzero(counts)
            idf = log(1 + (len(self.norm) - frequency + 0.5) / (frequency + 0.5))
            # Without the factor k1 + 1, as in Lucene since 8: it changes no order.
            scores += group["weight"] * idf * counts / (counts + self.norm)
        return best(scores)


def best(scores: np.ndarray) -> list[int]:
    """The highest scores' places, without those that are zero; the first of equals first."""
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    return [int(number) for number in order if scores[number] > 0]


def ndcg(found: list[int], relevant: set[int]) -> float:
    gain = sum(1 / log2(rank + 2) for rank, number in enumerate(found) if number in relevant)
    ideal = sum(1 / log2(rank + 2) for rank in range(min(len(relevant), DEPTH)))
    return gain / ideal


def interval(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """95 % of the mean difference, by paired bootstrap: 10,000 resamples of the queries."""
    random = np.random.default_rng(0)
    difference = ours - theirs
    means = [
        difference[random.integers(0, len(difference), len(difference))].mean()
        for _ in range(10_000)
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
