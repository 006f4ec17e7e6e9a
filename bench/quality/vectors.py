#!/usr/bin/env python3
"""nDCG@10 of search by vectors alone, with the two models of the local embedding server.

    vectors.py --embedder BIN --e5 DIR --minilm DIR --data DIR --cache DIR [--sets en,ar,...] [--speed]

BIN is dynrag-embedder; the two DIR are what its --help says. DATA holds xquad.<language>.json (SQuAD's
format) and cranfield.docs.xml, cranfield.queries.odd.tsv, cranfield.qrels.odd.tsv. Vectors are kept in
CACHE, so a run can be interrupted. Of XQuAD each fifth question is asked; the paragraph it was asked about
is the one relevant passage of 240. Of Cranfield, grades from 1 on are relevant, and count alike.

Texts get what `InputType::prefix` (shared/llm) writes before them. The interval is that of a paired
bootstrap over questions (10,000 resamples, 95 %). --speed measures passages a second instead: Cranfield's
abstracts, in batches of 1, 16 and 128, with one thread and with two.
"""

import argparse
import base64
import hashlib
import html
import json
import math
import operator
import random
import re
import subprocess
import tempfile
import time
import urllib.request
from array import array
from pathlib import Path

PREFIXES = {
    "all-MiniLM-L6-v2": {"query": "", "passage": ""},
    "multilingual-e5-small": {"query": "query: ", "passage": "passage: "},
}
DEPTH = 10
RESAMPLES = 10_000
BATCH = 64


class Server:
    """The embedding server, for as long as the context lasts."""

    def __init__(self, options, threads: int):
        self.scratch = tempfile.TemporaryDirectory()
        ready = Path(self.scratch.name) / "ready"
        models = ["--e5", options.e5, "--minilm", options.minilm]
        where = ["--threads", str(threads), "--ready-file", ready]
        self.process = subprocess.Popen(
            [options.embedder, *models, *where], stderr=subprocess.DEVNULL
        )
        while not ready.exists():
            if self.process.poll() is not None:
                raise SystemExit("the embedding server ended")
            time.sleep(0.05)
        self.url = ready.read_text() + "/v1/embeddings"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.scratch.cleanup()

    def embed(self, model: str, texts: list[str]) -> list[array]:
        """The vectors of some texts."""
        body = {"model": model, "input": texts, "encoding_format": "base64"}
        request = urllib.request.Request(
            self.url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            data = json.load(answer)["data"]
        return [array("f", base64.b64decode(datum["embedding"])) for datum in data]


class Vectors:
    """Vectors of a model, kept in a file."""

    def __init__(self, server: Server, model: str, cache: Path):
        self.server, self.model = server, model
        self.path = cache / f"{model}.jsonl"
        self.known: dict[str, array] = {}
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                name, vector = json.loads(line)
                self.known[name] = array("f", base64.b64decode(vector))

    def of(self, kind: str, texts: list[str]) -> list[array]:
        """The vectors of queries or passages."""
        texts = [PREFIXES[self.model][kind] + text for text in texts]
        names = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        missing = {n: t for n, t in zip(names, texts, strict=True) if n not in self.known}
        missing = list(missing.items())
        with self.path.open("a") as file:
            for start in range(0, len(missing), BATCH):
                some = missing[start : start + BATCH]
                vectors = self.server.embed(self.model, [text for _, text in some])
                for (name, _), vector in zip(some, vectors, strict=True):
                    self.known[name] = vector
                    file.write(json.dumps([name, base64.b64encode(vector).decode()]) + "\n")
        return [self.known[name] for name in names]


def xquad(path: Path):
    """Passages, questions, and for each question the numbers of its relevant passages."""
    passages, questions = [], []
    for article in json.loads(path.read_text())["data"]:
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                questions.append((qa["question"], {len(passages)}))
            passages.append(paragraph["context"])
    questions = questions[::5]
    return passages, [q for q, _ in questions], [relevant for _, relevant in questions]


def cranfield(folder: Path):
    """As `xquad`, of the odd queries; documents without text are left out."""
    numbers, passages = {}, []
    for document in re.findall(
        r"<doc>(.*?)</doc>", (folder / "cranfield.docs.xml").read_text(), re.S
    ):
        number = re.search(r"<docno>\s*(\d+)", document)[1]
        text = re.search(r"<text>(.*?)</text>", document, re.S)
        text = " ".join(html.unescape(text[1]).split()) if text else ""
        if text:
            numbers[number] = len(passages)
            passages.append(text)
    relevant: dict[str, set[int]] = {}
    for line in (folder / "cranfield.qrels.odd.tsv").read_text().splitlines():
        query, _, document, grade = line.split()
        if int(grade) >= 1 and document in numbers:
            relevant.setdefault(query, set()).add(numbers[document])
    queries = {}
    for line in (folder / "cranfield.queries.odd.tsv").read_text().splitlines():
        query, text = line.split("\t", 1)
        if query in relevant:
            queries[query] = text
    return passages, list(queries.values()), [relevant[query] for query in queries]


def ndcg(query: array, passages: list[array], relevant: set[int]) -> float:
    """nDCG@10 of one query; relevant passages gain 1."""
    scores = [sum(map(operator.mul, query, passage)) for passage in passages]
    best = sorted(range(len(scores)), key=lambda n: (-scores[n], n))[:DEPTH]
    gain = sum(1 / math.log2(rank + 2) for rank, n in enumerate(best) if n in relevant)
    return gain / sum(1 / math.log2(rank + 2) for rank in range(min(DEPTH, len(relevant))))


def interval(differences: list[float]) -> tuple[float, float]:
    """The middle 95 % of the means of resamples."""
    draw = random.Random(1)
    count = len(differences)
    means = sorted(sum(draw.choices(differences, k=count)) / count for _ in range(RESAMPLES))
    return means[RESAMPLES * 25 // 1000], means[RESAMPLES * 975 // 1000]


def quality(options) -> None:
    options.cache.mkdir(parents=True, exist_ok=True)
    print(f"{'set':10} {'queries':>7} {'MiniLM':>7} {'e5':>7}  e5 - MiniLM")
    with Server(options, 2) as server:
        models = [Vectors(server, model, options.cache) for model in PREFIXES]
        for name in options.sets.split(","):
            if name == "cranfield":
                passages, queries, relevant = cranfield(options.data)
            else:
                passages, queries, relevant = xquad(options.data / f"xquad.{name}.json")
            found = []
            for vectors in models:
                stored = vectors.of("passage", passages)
                asked = vectors.of("query", queries)
                found.append([ndcg(q, stored, r) for q, r in zip(asked, relevant, strict=True)])
            minilm, e5 = (sum(values) / len(values) for values in found)
            low, high = interval([b - a for a, b in zip(*found, strict=True)])
            print(
                f"{name:10} {len(queries):7} {minilm:7.3f} {e5:7.3f}  "
                f"{e5 - minilm:+.3f} [{low:+.3f}, {high:+.3f}]",
                flush=True,
            )


def speed(options) -> None:
    passages, _, _ = cranfield(options.data)
    random.Random(1).shuffle(passages)
    print(f"{'model':22} {'threads':>7} {'batch':>5}  passages/s")
    for threads in (1, 2):
        with Server(options, threads) as server:
            for model, prefixes in PREFIXES.items():
                for batch in (1, 16, 128):
                    texts = [prefixes["passage"] + text for text in passages[: max(256, batch)]]
                    server.embed(model, texts[:8])
                    began = time.monotonic()
                    for start in range(0, len(texts), batch):
                        server.embed(model, texts[start : start + batch])
                    took = time.monotonic() - began
                    print(f"{model:22} {threads:7} {batch:5}  {len(texts) / took:.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for flag in ("--embedder", "--e5", "--minilm", "--data", "--cache"):
        parser.add_argument(flag, type=Path, required=True)
    parser.add_argument("--sets", default="en,ar,es,zh,cranfield")
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    (speed if options.speed else quality)(options)


if __name__ == "__main__":
    main()
