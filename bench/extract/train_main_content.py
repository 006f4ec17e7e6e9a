#!/usr/bin/env python3
"""Trains the model that tells a web page's main content from the rest (shared/extract/src/main_content).

    cargo build --release -p dynrag-extract --example main_content_features
    python=$(infra/local/stack.py python --requirements bench/extract/train_requirements.txt | tail -n 1)
    $python bench/extract/train_main_content.py DATA \\
        --features target/release/examples/main_content_features \\
        [--folds 4] [--write shared/extract/src/main_content/model.bin]

DATA holds `html/pages` (NAME.html.gz) and `html/truth` (NAME.json, the main content that a person marked),
as for extract.py.

The numbers that describe a block come from the Rust code, through the example. What is learned is the
share of a block's words that are in the marked content, by phrases of four words; a text that is on the
page more often than in the content counts where its neighbours are content. First the pages are divided
into folds at random, and each fold is judged by a model that has not seen it: that F1 is what to expect of
other pages, before the Rust code takes in headings and leaves out repeats. Then one model is trained on
all pages and written. Seeds are fixed, so that the same pages give the same model.
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
from pathlib import Path

import lightgbm
import numpy as np

WORD = re.compile(r"\w+")
PHRASE = 4
TREES = 100
# Trees with random thresholds, few rows and few features each: there are few pages to learn from.
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
    """Words in their order, case and ligatures aside."""
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


class Page:
    """A page's blocks, and how much of each is content."""

    def __init__(self, line: dict, truth: dict) -> None:
        self.blocks = [words(text) for text in line["texts"]]
        self.weights = np.array(line["weights"])
        self.values = np.array(line["values"], dtype=np.float32).reshape(-1, max(line["width"], 1))
        self.kind = truth.get("_internal", {}).get("page_type", {}).get("primary", "page")
        self.content = words(truth["ground_truth"]["main_content"] or "")
        self.labels = labels(self.blocks, self.content)
        # Where what was marked is not on the page, there is nothing to learn.
        self.usable = len(self.content) >= 20 and self.f1(self.labels > 0.5) > 0.6

    def f1(self, kept: np.ndarray) -> float:
        """Of the words of the blocks that are kept."""
        found = Counter(
            word for block, keep in zip(self.blocks, kept, strict=True) if keep for word in block
        )
        content = Counter(self.content)
        total = found.total() + content.total()
        return 2 * (found & content).total() / total if total else 1.0

    def importance(self) -> np.ndarray:
        """Weights of blocks in training: all pages weigh the same, long blocks more than short ones."""
        weights = np.maximum(self.weights, 0.5) ** 0.7 * (self.labels >= 0)
        return 100 * weights / max(weights.sum(), 1e-9)


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


def load(data: Path, features: Path) -> list[Page]:
    """All pages, described by the Rust code."""
    pages = []
    with tempfile.TemporaryDirectory() as scratch:
        for page in sorted((data / "html" / "pages").glob("*.html.gz")):
            (Path(scratch) / page.stem).write_bytes(gzip.decompress(page.read_bytes()))
        with subprocess.Popen([features, scratch], stdout=subprocess.PIPE) as tool:
            for line in map(json.loads, tool.stdout):
                truth = data / "html" / "truth" / f"{Path(line['file']).stem}.json"
                pages.append(Page(line, json.loads(truth.read_text())))
        if tool.returncode:
            raise SystemExit(f"{features} ended with {tool.returncode}")
    return pages


def train(pages: list[Page]) -> lightgbm.Booster:
    """A model of the pages that something can be learned from."""
    usable = [page for page in pages if page.usable]
    rows = lightgbm.Dataset(
        np.concatenate([page.values for page in usable]),
        np.concatenate([np.clip(page.labels, 0, 1) for page in usable]),
        weight=np.concatenate([page.importance() for page in usable]),
    )
    return lightgbm.train(PARAMETERS, rows, TREES)


def best(likely: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The blocks with the best F1 that can be expected, as the Rust code picks them."""
    order = np.argsort(-likely, kind="stable")
    common = np.cumsum((likely * weights)[order])
    expected = 2 * common / (np.cumsum(weights[order]) + common[-1] + 1e-9)
    kept = np.zeros(len(likely), bool)
    kept[order[: int(np.argmax(expected)) + 1]] = True
    return kept


def judge(pages: list[Page], folds: int) -> None:
    """Prints the F1 of pages that the model has not seen."""
    order = np.random.RandomState(7).permutation(len(pages))
    scores = collections.defaultdict(list)
    for fold in range(folds):
        model = train([pages[place] for place in np.delete(order, np.s_[fold::folds])])
        for place in order[fold::folds]:
            page = pages[place]
            kept = np.zeros(0, bool)
            if page.blocks:
                kept = best(model.predict(page.values), page.weights)
            scores[page.kind].append(page.f1(kept))
    everything = [score for kind in scores.values() for score in kind]
    print(f"F1 of {len(everything)} pages in {folds} folds: {np.mean(everything):.4f}")
    for kind, found in sorted(scores.items()):
        print(f"    {kind} ({len(found)}): {np.mean(found):.3f}")


def packed(model: lightgbm.Booster) -> bytes:
    """The model in the form that trees.rs reads."""
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
            # Features are single precision: at most the threshold is at most the next one below it.
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
    """Trains, judges and writes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    pages = load(options.data, options.features)
    if options.folds > 1:
        judge(pages, options.folds)
    if options.write:
        options.write.write_bytes(packed(train(pages)))


if __name__ == "__main__":
    main()
