#!/usr/bin/env python3
"""What extraction costs, loses and fails at, for every format.

    bench/extract/extract.py DATA --binary DYNRAG_EXTRACT --pdfium LIBRARY [--rounds 3]

DATA is a folder of real files, which are not part of the repository: `pdf/`, `html/pages` (NAME.html.gz)
with `html/truth` (NAME.json, the main content that a person marked in the page), and `office/` for the
rest, told apart by their names. A folder or a format that is missing is said to be.

Each file goes through the sandbox, as in production. Prints for each format

    files     how many, and how many of them gave text
    ms        from call to answer, the fork of a reader included: mean and 95th percentile
    cpu       CPU time of caller, fork server and reader, the mean
    inside    pdfium alone, in one process that has it loaded
    died      readers that panicked, crashed, or were killed: must be 0
    words     F1 of the words beside the marked content, or the share of the words of an independent
              reader (references.py) that are there; the mean of the files
    errors    by their code

The fastest of the rounds counts for each file, since other work on the machine only adds. Exits with 1
where a reader died.
"""

import argparse
import gzip
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from references import READERS, f1, recall, words

FORMATS = ["pdf", "html", "md", "txt", "docx", "pptx", "xlsx", "csv"]
FORMATS += ["json", "epub", "eml", "rtf", "odt"]
DIED = {"extraction_crashed", "extraction_memory", "extraction_timeout"}
# The shares of the corpus that the marked pages are looked at in.
QUANTILES = (0.1, 0.5)


@dataclass
class Measured:
    """All files of a format."""

    times: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    inside: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)
    died: list[str] = field(default_factory=list)
    # Where the independent reader has text and we have none, and where it has none itself.
    missed: list[str] = field(default_factory=list)
    unread: int = 0

    def row(self) -> list[str]:
        """For the table."""
        texts = len(self.times) - sum(map(len, self.errors.values()))
        return [
            f"{len(self.times)}",
            f"{texts}",
            f"{statistics.mean(self.times):.1f}",
            f"{percentile(self.times, 0.95):.1f}",
            f"{statistics.mean(self.cpu):.1f}",
            f"{statistics.mean(self.inside):.1f}" if self.inside else "",
            f"{len(self.died)}",
            f"{statistics.mean(self.scores):.3f}" if self.scores else "",
            f"{len(self.scores)}",
        ]


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--pdfium", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    # The readers complain about files that are meant to be odd.
    warnings.simplefilter("ignore")
    logging.disable()

    measured: dict[str, Measured] = {}
    truths = options.data / "html" / "truth"
    with tempfile.TemporaryDirectory() as scratch:
        for folder in folders(options.data, Path(scratch)):
            for line in lines(options, folder):
                kind = line.get("format", "unsupported")
                take(measured.setdefault(kind, Measured()), line, folder / line["file"], truths)
    report(measured)
    return 1 if any(one.died for one in measured.values()) else 0


def folders(data: Path, scratch: Path) -> Iterator[Path]:
    """The folders of files that there are, with pages unpacked."""
    for name in ("pdf", "office"):
        if (data / name).is_dir():
            yield data / name
        else:
            print(f"no {name}/ in {data}: not measured")
    pages = sorted((data / "html" / "pages").glob("*.html.gz"))
    for page in pages:
        (scratch / page.stem).write_bytes(gzip.decompress(page.read_bytes()))
    if pages:
        yield scratch
    else:
        print(f"no html/pages in {data}: not measured")


def lines(options: argparse.Namespace, folder: Path) -> Iterator[dict]:
    """What the tool says of each file of a folder."""
    command = [options.binary, "--pdfium", options.pdfium, "--rounds", str(options.rounds)]
    with subprocess.Popen([*command, "bench", folder], stdout=subprocess.PIPE) as tool:
        for line in tool.stdout:
            yield json.loads(line)
    if tool.returncode:
        sys.exit(f"{options.binary} ended with {tool.returncode}")


def take(to: Measured, line: dict, path: Path, truths: Path) -> None:
    """Adds a file to its format."""
    if "ms" not in line:
        to.errors.setdefault(line["code"], []).append(path.name)
        return
    to.times.append(line["ms"])
    to.cpu.append(line["cpuMs"])
    if line["insideMs"] is not None:
        to.inside.append(line["insideMs"])
    code, text = line.get("code"), line.get("text", "")
    if code:
        to.errors.setdefault(code, []).append(path.name)
        if code in DIED or "panicked" in line["detail"]:
            to.died.append(f"{path.name} ({line['detail']})")
    truth = truths / f"{path.stem}.json"
    if line["format"] == "html":
        if truth.exists() and path.parent.name != "office":
            content = json.loads(truth.read_text())["ground_truth"]["main_content"]
            to.scores.append(f1(words(text), words(content or "")))
        return
    try:
        expected = words(READERS[line["format"]][1](path))
    except Exception:
        # Whatever it is that it cannot read, there is nothing to compare with.
        to.unread += 1
        return
    if not expected:
        return
    if code:
        to.missed.append(f"{path.name} ({code}, {expected.total()} words)")
    else:
        to.scores.append(recall(words(text), expected))


def report(measured: dict[str, Measured]) -> None:
    """Prints the table, and below it what needs names."""
    head = ["format", "files", "text", "ms", "p95", "cpu", "inside", "died", "words", "of"]
    rows = [head]
    for name in FORMATS:
        found = measured.get(name)
        rows.append([name, *found.row()] if found else [name, "no files: not measured"])
    widths = [max(len(row[at]) for row in rows if len(row) > 2) for at in range(len(head))]
    for row in rows:
        print("  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=False)))
    print("\nwords beside: main content marked by people (html, F1)", end="")
    print("".join(f"; {reader} ({name})" for name, (reader, _) in READERS.items()))
    for name, found in measured.items():
        errors = ", ".join(f"{code} {len(files)}" for code, files in sorted(found.errors.items()))
        if errors:
            print(f"\n{name}: {errors}; the other reader could not read {found.unread}")
            for code, files in sorted(found.errors.items()):
                print(f"    {code}: {' '.join(files)}")
        for title, some in (("died", found.died), ("text missed", found.missed)):
            if some:
                print(f"{name}, {title}: {'; '.join(some)}")
        if name == "html" and found.scores:
            spread = [f"{percentile(found.scores, at):.3f}" for at in QUANTILES]
            print(f"html, F1 of the worst tenth up to {spread[0]}, median {spread[1]}")


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them is."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


if __name__ == "__main__":
    sys.exit(main())
