#!/usr/bin/env python3
"""nDCG@10 of search by words, by vectors and hybrid, beside bm25s, tantivy, LanceDB and rank fusion.

    hybrid.py --search BIN --embedder BIN --e5 DIR --minilm DIR --data DIR --cache DIR [--held-out] [--titles]

The first BIN is the example `quality` of shared/vectors, which searches as the functions do; the other
arguments are those of vectors.py. Of XQuAD each fifth question is asked, on which the fusion was tuned; with
--held-out, all others. With --titles, documents are embedded and found with their titles. LanceDB's full-text
search has the tokenizer `icu` and the stemmer of the language, and its hybrid is as it comes; bm25s and
tantivy are those of quality.py.

A difference is given with 95 % of a paired bootstrap over the queries, 10,000 resamples.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
sys.path.insert(0, str(CHECKOUT / "infra" / "local"))

RRF = 60
DEPTH = 100
# What others find by words.
WORDS = ("bm25s", "+stop", "tantivy", "lance fts")
# Ours, and the best of which others it is compared with.
COMPARED = (
    ("text", WORDS),
    ("hybrid", ("text", "vector")),
    ("hybrid", ("rrf",)),
    ("hybrid", ("lance hybrid",)),
)


def rrf(*rankings: list[int]) -> list[int]:
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, number in enumerate(ranking[:DEPTH], 1):
            scores[number] = scores.get(number, 0) + 1 / (RRF + rank)
    return sorted(scores, key=lambda number: (-scores[number], number))


def label(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"best of {', '.join(names)}"


def ours(binary: Path, collection, titles, stored, asked) -> list[dict[str, list[int]]]:
    """What our search finds, in each mode."""
    lines = [
        {"title": title, "text": text, "language": collection.language, "vector": list(vector)}
        for title, text, vector in zip(titles, collection.documents, stored, strict=True)
    ]
    lines += [
        {"query": text, "vector": list(vector)}
        for text, vector in zip(collection.queries, asked, strict=True)
    ]
    answer = subprocess.run(
        [binary],
        input="\n".join(json.dumps(line) for line in lines),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return [json.loads(line) for line in answer.stdout.splitlines()]


def lancedb_runs(collection, stored, asked) -> dict[str, list[list[int]]]:
    """LanceDB's full-text search, and its hybrid with its default reranker."""
    import lancedb
    from lancedb.index import FTS
    from peers import SNOWBALL

    with tempfile.TemporaryDirectory() as folder:
        rows = [
            {"number": number, "text": text, "vector": list(vector)}
            for number, (text, vector) in enumerate(zip(collection.documents, stored, strict=True))
        ]
        table = lancedb.connect(folder).create_table("texts", rows)
        stemmer = SNOWBALL.get(collection.language)
        index = FTS(
            base_tokenizer="icu",
            language=stemmer.capitalize() if stemmer else "English",
            stem=stemmer is not None,
            remove_stop_words=False,
            ascii_folding=True,
        )
        table.create_index("text", config=index)
        text, hybrid = [], []
        for query, vector in zip(collection.queries, asked, strict=True):
            words = "".join(c if c.isalnum() else " " for c in query)
            found = table.search(words, query_type="fts").limit(10).select(["number", "_score"])
            found = found.to_list()
            text.append([row["number"] for row in found])
            found = (
                table.search(query_type="hybrid")
                .vector(list(vector))
                .text(words)
                .distance_type("cosine")
                .limit(10)
                .to_list()
            )
            hybrid.append([row["number"] for row in found])
        return {"lance fts": text, "lance hybrid": hybrid}


def main() -> None:
    import vectors as models

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for flag in ("--search", "--embedder", "--e5", "--minilm", "--data", "--cache"):
        parser.add_argument(flag, type=Path, required=True)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--titles", action="store_true")
    options = parser.parse_args()

    import numpy as np
    import peers
    import scoring
    from sets import collections

    options.cache.mkdir(parents=True, exist_ok=True)
    totals: dict[str, list[float]] = {}
    with models.Server(options, 2) as server:
        for model in models.PREFIXES:
            known = models.Vectors(server, model, options.cache)
            print(f"{model}")
            for collection in collections(options.data):
                if collection.name.startswith("xquad"):
                    part = [
                        number
                        for number in range(len(collection.queries))
                        if (number % 5 != 0) == options.held_out
                    ]
                    collection.queries = [collection.queries[n] for n in part]
                    collection.relevant = [collection.relevant[n] for n in part]
                titles = collection.titles if options.titles else [""] * len(collection.documents)
                embedded = [
                    f"{title}\n{text}" if title else text
                    for title, text in zip(titles, collection.documents, strict=True)
                ]
                stored = known.of("passage", embedded)
                asked = known.of("query", collection.queries)
                found = ours(options.search, collection, titles, stored, asked)
                runs = {mode: [one[mode] for one in found] for mode in ("text", "vector", "hybrid")}
                runs["rrf"] = [rrf(one["text"], one["vector"]) for one in found]
                runs |= lancedb_runs(collection, stored, asked)
                runs["bm25s"] = peers.bm25s_runs(collection, stop_words=False)
                runs["+stop"] = peers.bm25s_runs(collection, stop_words=True)
                runs["tantivy"] = peers.tantivy_runs(collection)
                scores = {
                    name: np.array(
                        [
                            scoring.ndcg(one[: scoring.DEPTH], relevant)
                            for one, relevant in zip(run, collection.relevant, strict=True)
                        ]
                    )
                    for name, run in runs.items()
                    if run is not None
                }
                print(
                    f"{collection.name:14} {len(collection.queries):5}  "
                    + "  ".join(f"{name} {scores[name].mean():.3f}" for name in scores),
                    flush=True,
                )
                for own, others in COMPARED:
                    name, best = max(
                        ((name, scores[name]) for name in others if name in scores),
                        key=lambda pair: pair[1].mean(),
                    )
                    low, high = scoring.interval(scores[own], best)
                    mean = (scores[own] - best).mean()
                    print(f"{'':21} {own} - {name} {mean:+.4f} [{low:+.4f}, {high:+.4f}]")
                    totals.setdefault(f"{model}: {own} - {label(others)}", []).append(mean)
    for name, means in totals.items():
        print(f"{name}: mean {np.mean(means):+.4f} over {len(means)} sets")


if __name__ == "__main__":
    from needs import ensure_venv

    python = ensure_venv(HERE / "requirements.txt")
    if Path(sys.prefix) != python.parents[1]:
        raise SystemExit(subprocess.run([python, *sys.argv]).returncode)
    main()
