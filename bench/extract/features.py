#!/usr/bin/env python3
"""Checks the extraction of files that common programs wrote, feature by feature.

    bench/extract/features.py --binary DYNRAG_EXTRACT [--keep FOLDER] [--only WORD]

Each feature (features/) defines how to write it, and lists by hand what the text must contain and what it
must not. python-docx, openpyxl, XlsxWriter, pandas, python-pptx and pandoc write it. LibreOffice
(`soffice`) converts the flat OpenDocument source of the feature or, if there is none, the file of the
first library. Without pandoc or LibreOffice, or without its program for a kind of file, a message is
printed and its columns are empty.

Prints a table for each kind of document: `ok`, `WRONG`, or `-` if the writer does not support the feature.
Below it are the errors, and whether an independent reader (references.py) finds the texts. FOLDER keeps the
files; WORD limits the run to features with it in their names. Exits with 1 if a reader died.
"""

import argparse
import json
import logging
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from extract import DIED
from features import (
    flat,
    markdown,
    sheet_formats,
    sheet_layout,
    sheet_values,
    slides,
    text_blocks,
    text_frames,
    text_runs,
)
from features.feature import Feature
from references import READERS

LIBRE = "LibreOffice"
SHOWN = 600
SECONDS = 120


@dataclass(frozen=True)
class Kind:
    """A kind of document: its features, the extension of flat files, and the targets of LibreOffice."""

    name: str
    features: list[Feature]
    ending: str
    targets: tuple[str, ...]


KINDS = [
    Kind(
        "text documents",
        text_blocks.FEATURES + text_runs.FEATURES + text_frames.FEATURES + markdown.FEATURES,
        "fodt",
        ("docx", "odt", "rtf", "html", "epub"),
    ),
    Kind(
        "workbooks",
        sheet_values.FEATURES + sheet_formats.FEATURES + sheet_layout.FEATURES,
        "fods",
        ("xlsx", "csv", "html"),
    ),
    Kind("presentations", slides.FEATURES, "fodp", ("pptx",)),
]


@dataclass
class Outcome:
    """The result for a file."""

    path: Path
    wrong: list[str]
    text: str
    died: bool = False
    reader: str = ""


@dataclass
class Table:
    """The results of a kind, by feature and column."""

    columns: list[str]
    cells: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def main() -> int:
    """Writes the files, reads them and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    # The independent readers warn about files that are odd on purpose.
    warnings.simplefilter("ignore")
    logging.disable()
    for program in ("soffice", "pandoc"):
        if not shutil.which(program):
            print(f"no {program} on the path: nothing is written by it")
    died = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = (options.keep or Path(scratch)).absolute()
        for kind in KINDS:
            features = [one for one in kind.features if options.only in one.name]
            if not features:
                continue
            table = measure(kind, features, options.binary, folder / kind.ending)
            report(kind, features, table)
            died += sum(outcome.died for outcome in table.cells.values())
    return 1 if died else 0


def slug(name: str) -> str:
    """The base name of a feature's files."""
    return re.sub(r"\W+", "-", name).strip("-")


def measure(kind: Kind, features: list[Feature], binary: Path, folder: Path) -> Table:
    """Writes and reads all features of a kind."""
    columns = list(dict.fromkeys(column for feature in features for column in feature.writers))
    table = Table(columns + [f"{LIBRE} {target}" for target in kind.targets])
    files = [file for feature in features for file in by_libraries(kind, feature, folder)]
    table.skipped = convert(kind, features, folder)
    files += [file for feature in features for file in by_libre(kind, feature, folder)]
    with ThreadPoolExecutor() as pool:
        outcomes = pool.map(lambda file: read(binary, file[0], file[2]), files)
        for (feature, column, path), outcome in zip(files, outcomes, strict=True):
            if outcome.wrong:
                outcome.reader = beside(feature, path)
            table.cells[feature.name, column] = outcome
    return table


def by_libraries(kind: Kind, feature: Feature, folder: Path) -> Iterator[tuple[Feature, str, Path]]:
    """Writes the files of the libraries, and the source for LibreOffice."""
    source = folder / "sources" / slug(feature.name)
    source.parent.mkdir(parents=True, exist_ok=True)
    for column, write in feature.writers.items():
        writer, ending = column.split()
        path = folder / f"{writer}-{ending}" / f"{slug(feature.name)}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
        if not feature.flat and column == next(iter(feature.writers)):
            shutil.copy(path, source.with_suffix(path.suffix))
        yield feature, column, path
    if feature.flat:
        source.with_suffix(f".{kind.ending}").write_text(feature.flat)


def convert(kind: Kind, features: list[Feature], folder: Path) -> list[str]:
    """Converts the sources with LibreOffice. Returns the failed conversions with their reasons."""
    skipped = []
    names = {slug(feature.name) for feature in features}
    sources = [path for path in sorted((folder / "sources").iterdir()) if path.stem in names]
    for target in kind.targets:
        out = folder / f"{LIBRE}-{target}"
        shutil.rmtree(out, ignore_errors=True)
        complaint = flat.convert(sources, target, out, folder / "profile")
        if complaint:
            skipped.append(f"{LIBRE} wrote not all files as {target}: {complaint}")
    for feature in features:
        formula = folder / f"{LIBRE}-odt" / f"{slug(feature.name)}.odt"
        if "<math:math" in feature.flat and formula.exists() and not flat.has_formula(formula):
            skipped.append(f"{LIBRE} left the formula out without its Math: {feature.name}")
            for path in folder.glob(f"{LIBRE}-*/{formula.stem}.*"):
                path.unlink()
    return skipped


def by_libre(kind: Kind, feature: Feature, folder: Path) -> Iterator[tuple[Feature, str, Path]]:
    """The files of LibreOffice that contain the feature."""
    for target in kind.targets:
        path = folder / f"{LIBRE}-{target}" / f"{slug(feature.name)}.{target}"
        if target not in feature.lost and path.exists():
            yield feature, f"{LIBRE} {target}", path


def read(binary: Path, feature: Feature, path: Path) -> Outcome:
    """Reads a file with our reader."""
    command = [binary, "--json", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        said = (done.stdout or done.stderr).strip()
        died = not done.stdout or said.split(":")[0] in DIED
        return Outcome(path, [f"no text: {said[:200]}"], "", died=died)
    return Outcome(path, feature.faults(answer["text"], answer["sections"]), answer["text"])


def beside(feature: Feature, path: Path) -> str:
    """Whether an independent reader finds the texts of a feature."""
    ending = path.suffix.removeprefix(".")
    if ending not in READERS:
        return "no other reader"
    name, other = READERS[ending]
    try:
        text = other(path)
    except Exception as error:
        # The other reader may fail in any way.
        return f"{name} fails: {type(error).__name__}"
    # It knows neither rows nor cells, so only single texts are searched for.
    wanted = [
        one for part in feature.has for one in ([part] if isinstance(part, str) else part[:1])
    ]
    missing = [one for one in [*wanted, *feature.once] if one.strip("| \n") not in text]
    return f"{name} misses {missing}" if missing else f"{name} finds the texts"


def report(kind: Kind, features: list[Feature], table: Table) -> None:
    """Prints the table of a kind, and the errors."""
    rows = [[kind.name, *table.columns]]
    for feature in features:
        found = [table.cells.get((feature.name, column)) for column in table.columns]
        rows.append([feature.name, *("-" if one is None else mark(one) for one in found)])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    print()
    for row in rows:
        print(
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    wrong = {key: outcome for key, outcome in table.cells.items() if outcome.wrong}
    print(f"\n{len(table.cells) - len(wrong)} of {len(table.cells)} files ok")
    print("".join(f"{line}\n" for line in table.skipped), end="")
    for (name, column), outcome in wrong.items():
        print(f"\nWRONG  {name}, {column}: {'; '.join(outcome.wrong)}")
        print(f"       came: {outcome.text[:SHOWN]!r}")
        if outcome.reader:
            print(f"       {outcome.reader}; {outcome.path.name}")


def mark(outcome: Outcome) -> str:
    """The text of a table cell."""
    return "WRONG" if outcome.wrong else "ok"


if __name__ == "__main__":
    sys.exit(main())
