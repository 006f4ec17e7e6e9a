#!/usr/bin/env python3
"""Quality of text search: nDCG@10 with our analysis beside bm25s and tantivy.

    bench/quality/quality.py --terms BINARY DATA

DATA has xquad.LANGUAGE.json (SQuAD format; the paragraph of each question is to be found), and
NAME.docs.xml with NAME.queries.PART.tsv and NAME.qrels.PART.tsv. BINARY is the example `terms` of
shared/analysis:

    cargo build --release -p dynrag-analysis --example terms

All rank by BM25 with Lucene's idf, k1 = 1.2 and b = .75, and differ in how they cut texts into
terms. A difference is given with 95 % of a paired bootstrap over the queries, 10,000 resamples.
With --every, queries are analysed for the languages of all collections, not just their own.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
sys.path.insert(0, str(CHECKOUT / "infra" / "local"))


def analysed(binary: Path, collection, languages: list[str]) -> tuple[list[dict], list[dict]]:
    """Documents and queries, as our analyser cuts them."""
    lines = [{"text": text, "language": collection.language} for text in collection.documents]
    lines += [{"query": text, "languages": languages} for text in collection.queries]
    answer = subprocess.run(
        [binary],
        input="\n".join(json.dumps(line) for line in lines),
        capture_output=True,
        check=True,
        text=True,
    )
    all_lines = [json.loads(line) for line in answer.stdout.splitlines()]
    return all_lines[: len(collection.documents)], all_lines[len(collection.documents) :]


def check_formula(peers, scoring, documents: list[list[str]], queries: list[list[str]]) -> None:
    """Our formula is that of bm25s, where no word has alternatives."""
    ours = scoring.Groups([{"length": len(terms), "terms": terms} for terms in documents])
    theirs = peers.indexed(documents, queries)
    for query, found in zip(queries, theirs, strict=True):
        groups = [{"terms": [term], "weight": 1.0} for term in query]
        if ours.top({"groups": groups}) != found:
            raise SystemExit(f"our BM25 is not that of bm25s: {query}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--terms", type=Path, required=True)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("data", type=Path)
    options = parser.parse_args()

    import numpy as np
    import peers
    import scoring
    from sets import collections

    # Small numbers, on which ties are none.
    check_formula(
        peers, scoring, [["a", "b", "a"], ["b", "c", "d", "c"], ["a"]], [["a", "b"], ["c"], ["d"]]
    )
    found = collections(options.data)
    everything = sorted({collection.language for collection in found})
    print(f"{'':14} {'queries':>7}  ours  bm25s  +stop  tantivy   ours - best of the others")
    differences = []
    for collection in found:
        languages = everything if options.every else [collection.language]
        documents, queries = analysed(options.terms, collection, languages)
        ours = scoring.Groups(documents)
        runs = {
            "ours": [ours.top(query) for query in queries],
            "bm25s": peers.bm25s_runs(collection, stop_words=False),
            "+stop": peers.bm25s_runs(collection, stop_words=True),
            "tantivy": peers.tantivy_runs(collection),
        }
        scores = {
            name: np.array(
                [scoring.ndcg(*pair) for pair in zip(run, collection.relevant, strict=True)]
            )
            for name, run in runs.items()
            if run is not None
        }
        name, best = max(
            ((name, score) for name, score in scores.items() if name != "ours"),
            key=lambda pair: pair[1].mean(),
        )
        low, high = scoring.interval(scores["ours"], best)
        differences.append(scores["ours"].mean() - best.mean())
        columns = "  ".join(
            f"{scores[run].mean():.4f}" if run in scores else "     -" for run in runs
        )
        print(
            f"{collection.name:14} {len(collection.queries):7}  {columns}   "
            f"{differences[-1]:+.4f} [{low:+.4f}, {high:+.4f}] {name}",
            flush=True,
        )
    print(f"mean difference {np.mean(differences):+.4f}")


if __name__ == "__main__":
    from needs import ensure_venv

    python = ensure_venv(HERE / "requirements.txt")
    if Path(sys.prefix) != python.parents[1]:
        raise SystemExit(subprocess.run([python, *sys.argv]).returncode)
    main()
