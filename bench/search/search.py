#!/usr/bin/env python3
"""Search: time, requests, bytes and memory of ours, LanceDB and Chroma, at 25 ms a request to S3.

    bench/search/search.py --search BINARY --cache DIR [--rows 1000 10000 100000] [--million]
                           [--only NAME ...] [--samples 7] [--json FILE]

BINARY is the example `search` of shared/vectors. All load the same files (data.py): chunks of about 1 kB,
20 a document, with clustered vectors of 1,536 dimensions. All keep them in the same store (store.py) on
loopback, which answers each request 25 ms late and counts; only Chroma has no S3, so its figures are
those of a local folder, without requests. Each engine runs in a process of its own, with what it does by
default; our memory is bounded as that of the search function, all others by nothing. Ours publishes
100 documents at a time and merges segments when maintenance is due, so that some are left unmerged;
ours-merged merges what there is once more at the end.

  cold       the first search of a new process. Its client is made before; opening the table is part of
             the search. Ours is given what Postgres records of the table, which a function reads there.
  again      the same query once more
  other      another query in the same process, which has answered few so far
  added      the first search after another process has stored one document of 20 chunks. Chroma's own
             process does, as no two may share its folder. The same query as before.

Times are of the search alone, in the process that does it. Requests, rounds (the longest chain of
requests one after another) and bytes are those of one search; where a number is repeated, n, median and
p95 are given. Memory is the most that was resident after a cold search and after everything. Recall@10 is
of searches by vector, against an exact one. What the machine did beside is printed as its load: times
from a busy machine say little, counts are right all the same.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
sys.path.insert(0, str(CHECKOUT / "infra" / "local"))

DIMENSION = 1536
SEED = 1
K = 10
QUERIES = 50
BUCKET = "bucket"
# What the search function leaves for tables: five eighths of 1,769 MiB.
MEMORY = 1769 * 5 // 8 << 20
MOST_ADDED = 100


class Bench:
    """Measures a contestant with a table."""

    def __init__(self, contestant, rows: int, options, queries, exact, folder: Path):
        self.contestant, self.rows, self.options = contestant, rows, options
        self.queries, self.exact, self.folder = queries, exact, folder
        self.source = {"folder": str(options.cache / "rows"), "dimension": DIMENSION}
        self.recorded = None
        self.added = 0
        self.samples: list[dict] = []
        self.own_ms: list[float] = []

    def run(self) -> dict:
        """All phases; the samples, and what writing took."""
        from contestants import Store

        with ExitStack() as running:
            self.store = running.enter_context(Store(self.folder / "store", self.options.delay))
            written = self._write()
            memory = {"cold": {}, "all": {}}
            for mode in self.contestant.modes:
                for number in range(self.options.samples):
                    with self._worker() as worker:
                        memory["before"] = worker.memory()
                        self._search(worker, mode, number, "cold")
                        memory["cold"][mode] = worker.memory()
            for mode in self.contestant.modes:
                with self._worker() as worker:
                    self._warm(worker, mode)
            recall = self._recall()
            # Last, since each is a segment or a fragment more to read.
            for mode in self.contestant.modes:
                with self._worker() as worker:
                    self._added(worker, mode)
                    memory["all"][mode] = worker.memory()
            return {
                "contestant": self.contestant.name,
                "rows": self.rows,
                "written": written,
                "recall": recall,
                "memory_mib": memory,
                "store_ms": max(self.own_ms, default=0),
                "samples": self.samples,
            }

    def _worker(self):
        """A new process with its client made."""
        from contestants import Worker

        worker = Worker(self.contestant.command, self.folder / "log")
        with ExitStack() as opening:
            opening.enter_context(worker)
            worker.order(
                "open",
                endpoint=self.store.endpoint,
                bucket=BUCKET,
                memory=MEMORY,
                folder=str(self.folder / "local"),
            )
            if self.recorded:
                worker.order("adopt", recorded=self.recorded)
            # It is the caller's from here on.
            opening.pop_all()
        return worker

    def _write(self) -> dict:
        with self._worker() as worker:
            merged = self.contestant.merged
            answer = worker.order("load", rows=self.rows, merged=merged, **self.source)
            self.recorded = answer["recorded"]
            taken = self.store.taken()
            return {
                "seconds": answer["ms"] / 1e3,
                "took": answer["took"],
                "requests": taken["requests"] if self.contestant.has_store else None,
                "memory_mib": worker.memory(),
                "segments": self._segments(),
            }

    def _segments(self) -> list[int] | None:
        if not self.recorded:
            return None
        return [segment["rows"] for segment in self.recorded["list"]["segments"]]

    def _search(self, worker, mode: str, query: int, phase: str | None) -> list[int]:
        """Searches; a phase's figures are kept."""
        asked = self.queries[query % len(self.queries)]
        self.store.taken()
        answer = worker.order(
            "search", mode=mode, vector=asked.vector.tolist(), text=asked.text, k=K
        )
        taken = self.store.taken()
        if phase:
            taken = taken if self.contestant.has_store else {}
            sample = {"phase": phase, "mode": mode, "ms": answer["ms"]}
            counts = ("requests", "rounds", "bytes")
            self.samples.append(sample | {count: taken.get(count) for count in counts})
            self.own_ms.append(taken.get("own_ms", 0))
        return answer["rows"]

    def _warm(self, worker, mode: str) -> None:
        """Has a process search that has searched before."""
        samples = self.options.samples
        self._search(worker, mode, 0, None)
        for query in range(samples):
            self._search(worker, mode, query + samples, "other")
            self._search(worker, mode, query + samples, "again")

    def _added(self, worker, mode: str) -> None:
        """Has it search after others have written."""
        self._search(worker, mode, 0, None)
        for _ in range(self.options.samples):
            if self.contestant.has_store:
                with self._worker() as writer:
                    self._add(writer)
            else:
                self._add(worker)
            worker.order("adopt", recorded=self.recorded)
            self._search(worker, mode, 0, "added")

    def _add(self, writer) -> None:
        from data import CHUNKS

        first = self.rows + self.added * CHUNKS
        self.recorded = writer.order("add", first=first, **self.source)["recorded"]
        self.added += 1

    def _recall(self) -> float:
        """Of the rows that an exact search finds, how many are found."""
        with self._worker() as worker:
            shares = [
                len(exact & set(self._search(worker, "vector", number, None))) / K
                for number, exact in enumerate(self.exact)
            ]
        return sum(shares) / len(shares)


def measure(options, found: list[dict]) -> None:
    """Measures everyone at each size."""
    import data
    from contestants import contestants
    from report import summary

    made = data.Rows(DIMENSION, SEED)
    sizes = [*options.rows, *([1_000_000] if options.million else [])]
    folder = options.cache / "rows"
    print("writing rows", file=sys.stderr)
    made.write(folder, max(sizes) + MOST_ADDED * data.CHUNKS)
    for rows in sizes:
        queries = list(made.queries(rows, QUERIES))
        exact = data.nearest(folder, DIMENSION, rows, queries, K)
        for contestant in contestants(options.search):
            if (
                options.only and contestant.name not in options.only
            ) or rows < contestant.least_rows:
                continue
            place = tempfile.mkdtemp(dir=options.cache)
            try:
                bench = Bench(contestant, rows, options, queries, exact, Path(place))
                before = os.getloadavg()[0]
                result = bench.run() | {"load": [before, os.getloadavg()[0]]}
            finally:
                shutil.rmtree(place)
            found.append(result)
            print(summary(result), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--search", type=Path, required=True, help="our binary")
    parser.add_argument("--cache", type=Path, required=True, help="folder for rows and tables")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--million", action="store_true", help="a million rows too: 7 GB of them")
    parser.add_argument("--only", nargs="+", help="ours, ours-merged, lance-flat, lance-rq, chroma")
    parser.add_argument("--samples", type=int, default=7, help="of each number (default 7)")
    parser.add_argument("--delay", type=float, default=25.0, help="ms a request (default 25)")
    parser.add_argument("--json", type=Path, help="file to write all samples to")
    options = parser.parse_args()
    from report import comparison

    options.cache = options.cache.resolve()
    options.search = options.search.resolve()
    if not options.search.exists():
        parser.error(f"there is no {options.search}")
    if 3 * options.samples > MOST_ADDED:
        parser.error(f"at most {MOST_ADDED // 3} samples")
    options.cache.mkdir(parents=True, exist_ok=True)
    # So that all that was started ends too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    found: list[dict] = []
    try:
        measure(options, found)
    finally:
        if options.json:
            options.json.write_text(json.dumps(found, indent=1))
    print(comparison(found))


if __name__ == "__main__":
    from needs import ensure_venv

    python = ensure_venv(HERE / "requirements.txt")
    if Path(sys.prefix) != python.parents[1]:
        os.execv(python, [python, *sys.argv])
    main()
