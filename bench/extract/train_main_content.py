#!/usr/bin/env python3
"""Trains the model that tells a web page's main content from the rest (shared/extract/src/main_content).

    cargo build --release -p dynrag-extract --example main_content_features
    python=$(infra/local/stack.py python --requirements bench/extract/train_requirements.txt | tail -n 1)
    $python bench/extract/train_main_content.py DATA \\
        --tool target/release/examples/main_content_features \\
        [--folds 4] [--seeds 7 11] [--write shared/extract/src/main_content/model.bin]
DATA holds `html/pages` (NAME.html.gz) and `html/truth` (NAME.json, the main content that a person marked),
as for extract.py. Synthetic pages (synthetic_pages.py) are added with a lower weight.

The features of a block come from the Rust code, through the example. The label is the share of a block's
words that are in the marked content, by phrases of four words. If a text is on the page more often than in
the content, the occurrences whose neighbours are content count.

There are two models. The first sees a block and its position in the page. The second also sees the first
one's probabilities for the block and those around it. For training the second, these probabilities must
come from pages that the first does not know, so the first is then trained on three quarters of the pages at
a time.

Before anything is written, the pages are divided into random folds, and the Rust code reads each fold with a
model that has not seen it, and with all rules that come after the model. The printed figures are therefore
what to expect of other pages: F1, and the recall of words and of runs of three words in each fifth of the
marked content. Lost content costs a reader more than furniture that is kept, so look at the last fifth
first. Then one model is trained on all pages and written. Seeds are fixed, so that the same pages give the
same model. The model card, model.md beside the model, records its size, hash and figures: change it too.
"""

import argparse
import collections
import gzip
import json
import re
import struct
import subprocess
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import lightgbm
import numpy as np
import synthetic_pages

WORD = re.compile(r"\w+")
PHRASE = 4
TREES = (100, 80)
# The second model refines the first one's probabilities.
SECOND = {"num_leaves": 24, "feature_fraction": 0.5}
# Number of folds in which the first model is trained for the second.
INNER = 4
# Number of synthetic pages, their weight relative to all marked pages, and their seed.
SYNTHETIC = 300
SYNTHETIC_WEIGHT = 0.1
SYNTHETIC_SEED = 1
# Number of parts of the marked content that are evaluated separately.
PARTS = 5
# Random thresholds, few rows and few features per tree: there are few pages to learn from.
PARAMETERS = {
    "objective": "cross_entropy",
    "learning_rate": 0.08,
    "num_leaves": 48,
    "extra_trees": True,
    "min_data_in_leaf": 20,
    "min_sum_hessian_in_leaf": 2.0,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 10,
    "max_bin": 63,
    "boost_from_average": True,
    "num_threads": 2,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 1,
    "verbose": -1,
}


def words(text: str) -> list[str]:
    """Words in order, ignoring case and ligatures."""
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


class Page:
    """A page's blocks with their labels."""

    def __init__(self, line: dict, truth: dict, weight: float = 1.0) -> None:
        self.file = line["file"]
        self.weight = weight
        self.blocks = [words(text) for text in line["texts"]]
        self.weights = np.array(line["weights"])
        self.values = values(line)
        self.kind = truth.get("_internal", {}).get("page_type", {}).get("primary", "page")
        self.content = words(truth["ground_truth"]["main_content"] or "")
        self.labels = labels(self.blocks, self.content)
        # A page without most of its marked content teaches nothing.
        kept = zip(self.blocks, self.labels > 0.5, strict=True)
        found = [word for block, keep in kept if keep for word in block]
        self.usable = len(self.content) >= 20 and f1(found, self.content) > 0.6

    def importance(self) -> np.ndarray:
        """Weights of blocks in training: all pages weigh the same, long blocks more than short ones."""
        weights = np.maximum(self.weights, 0.5) ** 0.7 * (self.labels >= 0)
        return 100 * self.weight * weights / max(weights.sum(), 1e-9)


def values(line: dict) -> np.ndarray:
    """The features, a row for each block."""
    return np.array(line["values"], dtype=np.float32).reshape(-1, max(line["width"], 1))


def f1(found: list[str], content: list[str]) -> float:
    """F1 of bags of words."""
    total = len(found) + len(content)
    return 2 * (Counter(found) & Counter(content)).total() / total if total else 1.0


def recall(found: list[str], content: list[str], size: int) -> list[float]:
    """The recall of each part of the content, in runs of `size` words."""

    def runs(of: list[str]) -> list[tuple[str, ...]]:
        return [tuple(of[at : at + size]) for at in range(len(of) - size + 1)]

    found, content = Counter(runs(found)), runs(content)
    shares = []
    for part in range(PARTS):
        some = content[part * len(content) // PARTS : (part + 1) * len(content) // PARTS]
        shares.append((Counter(some) & found).total() / max(len(some), 1))
    return shares


def labels(blocks: list[list[str]], content: list[str]) -> np.ndarray:
    """Share of each block that is content; -1 for blocks without words."""
    phrases = {
        size: Counter(tuple(content[at : at + size]) for at in range(len(content) - size + 1))
        for size in range(1, PHRASE + 1)
    }
    found = np.full(len(blocks), -1.0)
    alike = collections.defaultdict(list)
    for place, block in enumerate(blocks):
        if not block:
            continue
        size = min(len(block), PHRASE)
        covered = np.zeros(len(block), bool)
        for at in range(len(block) - size + 1):
            if phrases[size].get(tuple(block[at : at + size])):
                covered[at : at + size] = True
        found[place] = covered.mean()
        if covered.any():
            alike[tuple(block)].append(place)
    unsure = {}
    for block, places in alike.items():
        size = min(len(block), PHRASE)
        counts = (phrases[size][block[at : at + size]] for at in range(len(block) - size + 1))
        times = max(min(counts), 1)
        if len(places) > times or len(block) < 3:
            unsure.update(dict.fromkeys(places, times))
    sure = [place not in unsure and found[place] >= 0 for place in range(len(blocks))]

    def near(place: int) -> float:
        total = weight = 0.0
        for other in range(max(0, place - 12), min(len(blocks), place + 13)):
            if other != place and sure[other]:
                share = min(len(blocks[other]), 30) / (1 + abs(other - place))
                total += share * found[other]
                weight += share
        return total / weight if weight else 0.0

    for places in alike.values():
        if places[0] in unsure:
            ranked = sorted(((near(place), place) for place in places), reverse=True)
            for rank, (nearness, place) in enumerate(ranked):
                if rank >= unsure[place] or (len(blocks[place]) < 3 and nearness < 0.2):
                    found[place] = 0
    return found


class Tool:
    """Runs the Rust code on a folder of pages."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.folder = folder
        self.files = tempfile.TemporaryDirectory()

    def lines(self, *mode: str | Path) -> Iterator[dict]:
        """The lines that it prints."""
        with subprocess.Popen([self.path, self.folder, *mode], stdout=subprocess.PIPE) as tool:
            yield from map(json.loads, tool.stdout)
        if tool.returncode:
            raise SystemExit(f"{self.path} ended with {tool.returncode}")

    def second(self, likely: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The features of the second model, given the first one's probabilities."""
        file = Path(self.files.name) / "likely.json"
        file.write_text(json.dumps({name: said.tolist() for name, said in likely.items()}))
        return {line["file"]: values(line) for line in self.lines("likely", file)}

    def read(self, model: bytes) -> dict[str, list[str]]:
        """The words that are read with a model."""
        file = Path(self.files.name) / "model.bin"
        file.write_bytes(model)
        return {line["file"]: words(line["text"]) for line in self.lines("model", file)}


def load(data: Path, tool: Tool) -> tuple[list[Page], list[Page]]:
    """All pages, described by the Rust code: marked ones and synthetic ones."""
    truths = {}
    for page in sorted((data / "html" / "pages").glob("*.html.gz")):
        (tool.folder / page.stem).write_bytes(gzip.decompress(page.read_bytes()))
        truth = data / "html" / "truth" / f"{Path(page.stem).stem}.json"
        truths[page.stem] = json.loads(truth.read_text())
    for page in synthetic_pages.pages(SYNTHETIC_SEED, SYNTHETIC):
        (tool.folder / f"{page.name}.html").write_text(page.html)
    made = {
        f"{page.name}.html": {"ground_truth": {"main_content": page.content}}
        for page in synthetic_pages.pages(SYNTHETIC_SEED, SYNTHETIC)
    }
    marked, own = [], []
    for line in tool.lines():
        if line["file"] in truths:
            marked.append(Page(line, truths[line["file"]]))
        else:
            weight = SYNTHETIC_WEIGHT * len(truths) / SYNTHETIC
            own.append(Page(line, made[line["file"]], weight))
    return marked, own


def fit(
    pages: list[Page], seen: list[np.ndarray], trees: int, **parameters: float
) -> lightgbm.Booster:
    """Trains a model on the usable pages, with these features."""
    usable = [(page, rows) for page, rows in zip(pages, seen, strict=True) if page.usable]
    rows = lightgbm.Dataset(
        np.concatenate([rows for _, rows in usable]),
        np.concatenate([np.clip(page.labels, 0, 1) for page, _ in usable]),
        weight=np.concatenate([page.importance() for page, _ in usable]),
    )
    return lightgbm.train({**PARAMETERS, **parameters}, rows, trees)


def train(pages: list[Page], tool: Tool) -> bytes:
    """Trains both models, and packs them for the Rust code."""
    pages = [page for page in pages if page.usable]
    likely = {}
    order = np.random.RandomState(5).permutation(len(pages))
    for fold in range(INNER):
        some = [pages[place] for place in np.delete(order, np.s_[fold::INNER])]
        model = fit(some, [page.values for page in some], TREES[0])
        for place in order[fold::INNER]:
            likely[pages[place].file] = model.predict(pages[place].values)
    first = fit(pages, [page.values for page in pages], TREES[0])
    seen = tool.second(likely)
    second = fit(pages, [seen[page.file] for page in pages], TREES[1], **SECOND)
    return packed(first) + packed(second)


@dataclass
class Scores:
    """Scores of unseen pages."""

    f1: list[float] = field(default_factory=list)
    words: list[list[float]] = field(default_factory=list)
    threes: list[list[float]] = field(default_factory=list)

    def add(self, found: list[str], content: list[str]) -> None:
        """Scores the words read of a page."""
        self.f1.append(f1(found, content))
        if len(content) >= 20:
            self.words.append(recall(found, content, 1))
            self.threes.append(recall(found, content, 3))

    def __str__(self) -> str:
        fifths = [
            " ".join(f"{share:.3f}" for share in np.mean(found, 0)) if found else ""
            for found in (self.words, self.threes)
        ]
        return f"F1 {np.mean(self.f1):.4f}; of each fifth words {fifths[0]}; threes {fifths[1]}"


def judge(pages: list[Page], own: list[Page], tool: Tool, folds: int, seeds: list[int]) -> None:
    """Prints the scores of unseen pages."""
    everything, kinds = Scores(), collections.defaultdict(Scores)
    for seed in seeds:
        order = np.random.RandomState(seed).permutation(len(pages))
        for fold in range(folds):
            model = train(
                [pages[place] for place in np.delete(order, np.s_[fold::folds])] + own, tool
            )
            read, scores = tool.read(model), Scores()
            for place in order[fold::folds]:
                page = pages[place]
                for some in (scores, everything, kinds[page.kind]):
                    some.add(read[page.file], page.content)
            print(f"seed {seed}, fold {fold + 1}: {scores}", flush=True)
    print(f"{len(pages)} pages, {folds} folds, {len(seeds)} times: {everything}")
    for kind, scores in sorted(kinds.items()):
        print(f"    {kind} ({len(scores.f1) // len(seeds)}): {scores}")


def packed(model: lightgbm.Booster) -> bytes:
    """Packs a model in the format of trees.rs."""
    trees = model.dump_model()["tree_info"]
    parts = [struct.pack("<I", len(trees))]
    for tree in trees:
        splits: list[tuple] = []
        leaves: list[float] = []

        def visit(node: dict, splits: list = splits, leaves: list = leaves) -> int:
            if "leaf_value" in node:
                leaves.append(node["leaf_value"])
                return -len(leaves)
            at = len(splits)
            splits.append(())
            # Features have single precision: `<=` the threshold equals `<=` the nearest float below it.
            threshold = np.float32(node["threshold"])
            if float(threshold) > node["threshold"]:
                threshold = np.nextafter(threshold, np.float32(-np.inf))
            left, right = visit(node["left_child"]), visit(node["right_child"])
            splits[at] = (node["split_feature"], 0, left, right, float(threshold))
            return at

        visit(tree["tree_structure"])
        parts.append(struct.pack("<I", len(splits)))
        parts.extend(struct.pack("<HHhhf", *split) for split in splits)
        parts.append(struct.pack(f"<{len(leaves)}f", *leaves))
    return b"".join(parts)


def main() -> None:
    """Evaluates, trains and writes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--tool", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 11])
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tool = Tool(options.tool, Path(scratch))
        pages, own = load(options.data, tool)
        if options.folds > 1:
            judge(pages, own, tool, options.folds, options.seeds)
        if options.write:
            model = train(pages + own, tool)
            options.write.write_bytes(model)
            print(f"{len(model)} bytes in {options.write}")


if __name__ == "__main__":
    main()
