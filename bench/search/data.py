"""Rows made up by a seed, in files that every contestant loads.

A folder has `vectors.f32`, little-endian numbers row after row, and `texts.txt`, a text of about 1 kB
a line. Rows are chunks of documents, 20 each, and documents are about topics, 40 each, which follow
each other: the first rows of a folder are those of a smaller one. Vectors are sums of a part of their
topic, of their document and of their own, whose components matter less and less, as those of real
models do once they are turned. Words follow Zipf's law, half of the rare ones are their topic's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CHUNKS = 20
DOCUMENTS = 40
WORDS = 140
QUERY_WORDS = 5
# How far a topic is from the middle of all, a document from its topic, a chunk from its document.
SPREAD = (0.5, 1.0, 0.8, 0.8)
SYLLABLES = "ba den ki lor mu nap ro sti ta vel zo gri fa pe hul cor".split()
# What part of a row, or which use, numbers are drawn for.
MIDDLE, TOPIC, DOCUMENT, ROW, TEXT, QUERY = range(6)


@dataclass
class Query:
    """What is asked, in all three modes."""

    vector: np.ndarray
    text: str


@dataclass
class Rows:
    """Makes rows, or queries near them; the same for each seed."""

    dimension: int
    seed: int = 1

    def _random(self, use: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, use, number])

    def _part(self, level: int, number: int, rows: int = 1) -> np.ndarray:
        scales = np.arange(1, self.dimension + 1, dtype=np.float32) ** np.float32(-0.4)
        random = self._random(level, number)
        normal = random.standard_normal((rows, self.dimension), dtype=np.float32)
        return np.float32(SPREAD[level]) * scales * normal

    def _middle(self, document: int) -> np.ndarray:
        topic = self._part(TOPIC, document // DOCUMENTS)
        return self._part(MIDDLE, 0) + topic + self._part(DOCUMENT, document)

    def vectors(self, document: int) -> np.ndarray:
        """The vectors of a document's chunks, each of length 1."""
        return unit(self._middle(document) + self._part(ROW, document, CHUNKS))

    def texts(self, document: int) -> list[str]:
        """The texts of a document's chunks."""
        random = self._random(TEXT, document)
        # The inverse of Zipf's distribution over 60,000 words.
        words = (60_000 ** random.random((CHUNKS, WORDS))).astype(int)
        own = 60_000 + document // DOCUMENTS * 400 + words % 400
        is_own = (words > 200) & (random.random((CHUNKS, WORDS)) < 0.5)
        return [" ".join(map(spell, row)) for row in np.where(is_own, own, words)]

    def queries(self, rows: int, count: int) -> Iterator[Query]:
        """Queries near documents among the first rows, with words of one of their chunks."""
        for number in range(count):
            random = self._random(QUERY, number)
            document = int(random.integers(rows // CHUNKS))
            noise = np.float32(SPREAD[ROW]) * random.standard_normal(self.dimension)
            scales = np.arange(1, self.dimension + 1) ** -0.4
            vector = unit(self._middle(document) + (noise * scales).astype(np.float32))[0]
            words = self.texts(document)[int(random.integers(CHUNKS))].split()
            chosen = random.choice(len(words), QUERY_WORDS, replace=False)
            yield Query(vector, " ".join(words[place] for place in chosen))

    def write(self, folder: Path, rows: int) -> None:
        """Writes the files, unless they are there."""
        done = folder / "complete"
        if done.exists() and int(done.read_text()) >= rows:
            return
        done.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        with (
            open(folder / "vectors.f32", "wb") as vectors,
            open(folder / "texts.txt", "w") as texts,
        ):
            for document in range(-(-rows // CHUNKS)):
                vectors.write(self.vectors(document).astype("<f4").tobytes())
                texts.writelines(text + "\n" for text in self.texts(document))
        done.write_text(str(rows))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1 in the direction of each."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


_spelled: dict[int, str] = {}


def spell(number: int) -> str:
    """A word for a number."""
    known = _spelled.get(number)
    if known is None:
        known, left = SYLLABLES[number % 16], number // 16
        while left:
            known, left = known + SYLLABLES[left % 16], left // 16
        _spelled[number] = known
    return known


def stored(folder: Path, dimension: int, rows: int) -> np.ndarray:
    """The first vectors of a folder, read as they are needed."""
    return np.memmap(folder / "vectors.f32", "<f4", "r", shape=(rows, dimension))


def nearest(
    folder: Path, dimension: int, rows: int, queries: list[Query], k: int
) -> list[set[int]]:
    """The rows nearest to each query, by an exact search."""
    asked = np.stack([query.vector for query in queries]).T
    vectors = stored(folder, dimension, rows)
    scores, numbers = np.empty((0, len(queries)), np.float32), np.empty((0, len(queries)), int)
    for start in range(0, rows, 8192):
        some = np.asarray(vectors[start : start + 8192]) @ asked
        numbers = np.vstack(
            [numbers, np.arange(start, start + len(some))[:, None].repeat(len(queries), 1)]
        )
        scores = np.vstack([scores, some])
        best = np.argsort(-scores, axis=0, kind="stable")[:k]
        scores = np.take_along_axis(scores, best, 0)
        numbers = np.take_along_axis(numbers, best, 0)
    return [set(column.tolist()) for column in numbers.T]
