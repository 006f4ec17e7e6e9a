"""Prints what was measured."""

from collections import Counter
from collections.abc import Iterable
from statistics import median

MIB = 1 << 20
# Ours are the stages of a document, theirs what reference.py says.
STEPS = (
    ("extracting", "chunking", "embedding", "storing"),
    ("get", "extract", "chunk", "count", "embed", "store"),
)
# What S3 bills as writes.
WRITES = ("PUT", "POST", "LIST")


def table(turns: dict, kinds: Iterable[str], ours: str, theirs: str) -> None:
    """Documents a second and CPU per document, kind by kind and over all: medians of the rounds."""
    print("documents a second, and the pipeline's own CPU per document; medians\n")
    head = f"{'kind':<7} {'files':>5}"
    for unit in ("docs/s", "CPU ms"):
        head += f" {unit + ' ours':>12} {'theirs':>8} {'ratio':>6}"
    print(f"{head}   {'pieces':>13} {'no text':>9} {'failed':>7}")
    for kind in (*kinds, "all"):
        of = {name: rounds(turns, kinds, name, kind) for name in (ours, theirs)}
        files = of[ours][0]["documents"]
        line = f"{kind:<7} {files:>5}"
        for what, upside_down in (("seconds", True), ("own", False)):
            a, b = (median(r[what] for r in of[name]) for name in (ours, theirs))
            shown = (files / a, files / b) if upside_down else (a / files * 1e3, b / files * 1e3)
            line += f" {shown[0]:>12.1f} {shown[1]:>8.1f} {b / a:>5.1f}x"
        for what, width in (("chunks", 13), ("empty", 9), ("failed", 7)):
            a, b = (of[name][-1][what] for name in (ours, theirs))
            line += f" {f'{a}/{b}':>{width + (what == 'chunks') * 2}}"
        print(line)
    for name in (ours, theirs):
        failures = Counter()
        for kind in kinds:
            failures += turns[name, kind][-1].outcome.failures
        if failures:
            print(f"  failed, {name}: {dict(failures)}")
    print()


def rounds(turns: dict, kinds: Iterable[str], name: str, kind: str) -> list[dict]:
    """Round by round the sums over a kind or all."""
    over = kinds if kind == "all" else (kind,)
    found = []
    for together in zip(*(turns[name, one] for one in over), strict=True):
        sums: Counter = Counter()
        for turn in together:
            outcome = turn.outcome
            sums.update(turn.cpu)
            sums.update(turn.spent)
            sums.update(
                seconds=outcome.seconds,
                documents=outcome.documents,
                chunks=outcome.chunks,
                empty=outcome.empty,
                failed=outcome.failures.total(),
            )
        found.append(sums)
    return found


def shares(turns: dict, kinds: Iterable[str], ours: str, theirs: str) -> None:
    """What was busy while all files were ingested."""
    print("seconds of a round over all kinds: its time, and CPU of what was busy; medians\n")
    parts = ("seconds", "own", "emulator", "postgres", "stub")
    print(f"{'':<13}", *(f"{part:>9}" for part in parts))
    for name in (ours, theirs):
        of = rounds(turns, kinds, name, "all")
        print(f"{name:<13}", *(f"{median(r[part] for r in of):>9.2f}" for part in parts))
    print()
    for name, said in ((ours, "up to three at once, but for storing"), (theirs, "one by one")):
        print(f"  seconds by step, {name}, {said}")
        of = {kind: rounds(turns, kinds, name, kind) for kind in (*kinds, "all")}
        for kind, sums in of.items():
            laps = (f"{lap} {median(r[lap] for r in sums):.2f}" for lap in STEPS[name == theirs])
            print(f"    {kind:<7}", ", ".join(laps))
    print()


def memory(found: dict, largest: int) -> None:
    """The most memory any round took."""
    print("memory at most, MiB: the processes' sum, shared pages once, the first process alone\n")
    for name, of in found.items():
        parts = (max(getattr(m, part) for m in of) for part in ("peak", "shared_once", "alone"))
        print(f"{name:<13}", *(f"{part / MIB:>9.1f}" for part in parts))
    print(f"\n  the largest file has {largest / MIB:.1f} MiB: goal {128 + 2 * largest / MIB:.0f}\n")


def requests(found: dict, theirs: str) -> None:
    """Requests for a hundred small documents."""
    print("requests to S3 for 100 small documents, the originals' upload included\n")
    columns = ("PUT", "LIST", "GET, HEAD", "DELETE", "originals", "all", "writes", "s", "CPU s")
    print(f"{'of them to the vectors:':<24}", *(f"{column:>9}" for column in columns))
    for way, small in found.items():
        vectors, originals = Counter(), Counter()
        for (bucket, method), count in small.requests.items():
            (vectors if "vectors" in bucket else originals)[method] += count
        both = vectors + originals
        print(
            f"{way:<24}",
            f"{vectors['PUT'] + vectors['POST']:>9} {vectors['LIST']:>9}",
            f"{vectors['GET'] + vectors['HEAD']:>9} {vectors['DELETE']:>9}",
            f"{originals.total():>9} {both.total():>9}",
            f"{sum(both[method] for method in WRITES):>9}",
            f"{small.seconds:>9.2f} {small.cpu:>9.2f}",
        )
