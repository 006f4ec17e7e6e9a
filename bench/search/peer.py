#!/usr/bin/env python3
"""Writes and searches a table with another engine, as `search.py` asks it to, one order a line.

    peer.py (lance-flat | lance-rq | chroma)

The orders are those of our own side, the example `search` of shared/vectors. Both of LanceDB have a
full-text index with the tokenizer `icu`; lance-flat compares every vector, lance-rq has an IVF_RQ index
of its default size and compares the exact vectors of ten times as many rows as are asked for. Rows that
come after the indexes were made are not in them until LanceDB optimizes, so they are compared one by one.
Chroma keeps its index in a local folder and in memory: it has no S3. It has no ranking by words either.
"""

import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from data import CHUNKS, stored

BATCH = 10_000
REFINE = 10


def batches(
    order: dict, first: int, end: int, size: int
) -> Iterator[tuple[range, np.ndarray, list[str]]]:
    """Rows of a folder, some at a time."""
    folder = Path(order["folder"])
    vectors = stored(folder, order["dimension"], end)
    with open(folder / "texts.txt") as lines:
        texts = (line.rstrip("\n") for line in islice(lines, first, end))
        for start in range(first, end, size):
            numbers = range(start, min(end, start + size))
            yield numbers, vectors[start : numbers.stop], list(islice(texts, len(numbers)))


class Lance:
    """A table of LanceDB."""

    def __init__(self, order: dict, has_index: bool):
        import lancedb

        self.has_index = has_index
        options = {
            "aws_access_key_id": "key",
            "aws_secret_access_key": "secret",
            "region": "us-east-1",
            "endpoint": order["endpoint"],
            "allow_http": "true",
        }
        self.database = lancedb.connect(f"s3://{order['bucket']}/lance", storage_options=options)
        self.table = None
        self.is_behind = False

    @staticmethod
    def _rows(numbers: range, vectors: np.ndarray, texts: list[str]):
        import pyarrow as pa

        dimension = vectors.shape[1]
        flat = pa.array(np.ascontiguousarray(vectors).reshape(-1), pa.float32())
        return pa.table(
            {
                "number": pa.array(numbers, pa.int64()),
                "document": pa.array([f"{number // CHUNKS:032x}" for number in numbers]),
                "title": pa.array(["A title of a document"] * len(numbers)),
                "text": pa.array(texts),
                "vector": pa.FixedSizeListArray.from_arrays(flat, dimension),
            }
        )

    def load(self, order: dict) -> dict:
        from lancedb.index import FTS, IvfRq

        took, start = {}, time.perf_counter()

        def lap(name: str) -> None:
            nonlocal start
            took[name], start = time.perf_counter() - start, time.perf_counter()

        for rows in batches(order, 0, order["rows"], BATCH):
            if self.table is None:
                self.table = self.database.create_table("chunks", self._rows(*rows))
            else:
                self.table.add(self._rows(*rows))
        self.table.optimize()
        lap("table")
        index = FTS(
            base_tokenizer="icu",
            language="English",
            stem=True,
            remove_stop_words=False,
            ascii_folding=True,
        )
        self.table.create_index("text", config=index)
        lap("words")
        if self.has_index:
            self.table.create_index("vector", config=IvfRq(distance_type="cosine"))
            lap("vectors")
        return {"took": took, "recorded": None}

    def add(self, order: dict) -> dict:
        self.table = self.table or self.database.open_table("chunks")
        first = order["first"]
        for rows in batches(order, first, first + CHUNKS, CHUNKS):
            self.table.add(self._rows(*rows))
        return {"recorded": None}

    def adopt(self, _: dict) -> dict:
        """Another process has written."""
        self.is_behind = self.table is not None
        return {}

    def search(self, order: dict) -> dict:
        if self.table is None:
            self.table = self.database.open_table("chunks")
        if self.is_behind:
            self.table.checkout_latest()
            self.is_behind = False
        mode, vector, text = order["mode"], order["vector"], order["text"]
        if mode == "text":
            query = self.table.search(text, query_type="fts")
        elif mode == "vector":
            query = self.table.search(vector).distance_type("cosine")
        else:
            query = self.table.search(query_type="hybrid").vector(vector).text(text)
            query = query.distance_type("cosine")
        if self.has_index and mode != "text":
            query = query.refine_factor(REFINE)
        found = query.limit(order["k"]).select(["number", "document", "title", "text"]).to_list()
        return {"rows": [row["number"] for row in found]}


class Chroma:
    """A collection of Chroma."""

    def __init__(self, order: dict):
        import chromadb

        settings = chromadb.Settings(anonymized_telemetry=False)
        self.client = chromadb.PersistentClient(order["folder"], settings)
        self.collection = None

    def _opened(self):
        if self.collection is None:
            self.collection = self.client.get_collection("chunks", embedding_function=None)
        return self.collection

    def _put(self, order: dict, first: int, end: int) -> None:
        size = self.client.get_max_batch_size()
        for numbers, vectors, texts in batches(order, first, end, min(size, BATCH)):
            self._opened().add(
                ids=[str(number) for number in numbers],
                embeddings=np.asarray(vectors),
                documents=texts,
                metadatas=[
                    {"document": number // CHUNKS, "title": "A title"} for number in numbers
                ],
            )

    def load(self, order: dict) -> dict:
        space = {"hnsw": {"space": "cosine"}}
        self.collection = self.client.create_collection(
            "chunks", configuration=space, embedding_function=None
        )
        start = time.perf_counter()
        self._put(order, 0, order["rows"])
        return {"took": {"table": time.perf_counter() - start}, "recorded": None}

    def add(self, order: dict) -> dict:
        self._put(order, order["first"], order["first"] + CHUNKS)
        return {"recorded": None}

    def adopt(self, _: dict) -> dict:
        return {}

    def search(self, order: dict) -> dict:
        found = self._opened().query(
            query_embeddings=[order["vector"]],
            n_results=order["k"],
            include=["documents", "metadatas", "distances"],
        )
        return {"rows": [int(number) for number in found["ids"][0]]}


def main() -> None:
    makers = {
        "lance-flat": lambda order: Lance(order, False),
        "lance-rq": lambda order: Lance(order, True),
        "chroma": Chroma,
    }
    make, engine = makers[sys.argv[1]], None
    for line in sys.stdin:
        order = json.loads(line)
        start = time.perf_counter()
        if order["do"] == "open":
            engine, answer = make(order), {}
        else:
            answer = getattr(engine, order["do"])(order)
        answer["ms"] = (time.perf_counter() - start) * 1e3
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
