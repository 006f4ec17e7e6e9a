#!/usr/bin/env python3
"""Figures of shared/answers on XQuAD: checking, extracting, speed.

    bench/answers/answers.py DATA [VECTORS]

DATA has xquad.{en,es,ar,zh}.json; VECTORS is a folder that vectors.py filled. Builds the example `answers`
and prints its tables. Questions of even numbers were tuned on, those of odd ones were not.
"""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def main() -> None:
    data, vectors = sys.argv[1], sys.argv[2:3]
    build = ["cargo", "build", "--release", "-p", "dynrag-answers", "--example", "answers"]
    subprocess.run(build, cwd=CHECKOUT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", CHECKOUT / "target"))
    binary = target / "release" / "examples" / "answers"
    runs = [["verify", data], ["extract", data], ["speed", data]]
    if vectors:
        runs.append(["extract", data, "--vectors", vectors[0]])
    for run in runs:
        print("#", *run, flush=True)
        subprocess.run([binary, *run], check=True)


if __name__ == "__main__":
    main()
