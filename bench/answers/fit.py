#!/usr/bin/env python3
"""Fits the weights of the extractive answerer on the questions of even numbers.

    target/release/examples/answers features DATA > features.tsv
    bench/answers/fit.py features.tsv [similarity]

Sentences of a question compete: the weights maximise the softmax share of those with the gold answer. Without
`similarity` the last five features are left out. Prints what each half gets right in one and in two.
"""

import sys

import numpy as np

STEPS, RATE, DECAY = 400, 0.05, 1e-4


def read(path: str):
    groups: dict[tuple, list] = {}
    with open(path) as file:
        for line in file:
            setting, language, number, right, *row = line.rstrip("\n").split("\t")
            group = groups.setdefault((setting, language, int(number)), [])
            group.append((int(right), [float(x) for x in row]))
    return groups


def main() -> None:
    groups = read(sys.argv[1])
    keep_similarity = "similarity" in sys.argv[2:]
    train = [key for key in groups if key[2] % 2 == 0 and any(right for right, _ in groups[key])]
    rows, rights, starts = [], [], [0]
    for key in train:
        for right, row in groups[key]:
            rows.append(row)
            rights.append(right)
        starts.append(len(rows))
    x, y = np.array(rows), np.array(rights, dtype=float)
    if not keep_similarity:
        x[:, -5:] = 0
    scale = x.std(axis=0) + 1e-9
    x = x / scale
    starts_of, index = np.array(starts[:-1]), np.repeat(np.arange(len(train)), np.diff(starts))
    weights, moment, square = np.zeros(x.shape[1]), 0, 0
    for step in range(1, STEPS + 1):
        score = x @ weights
        score -= np.maximum.reduceat(score, starts_of)[index]
        share = np.exp(score)
        share /= np.add.reduceat(share, starts_of)[index]
        gold = share * y
        gold /= np.add.reduceat(gold, starts_of)[index]
        gradient = ((share - gold) @ x) / len(train) + DECAY * weights
        moment, square = 0.9 * moment + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        weights -= RATE * (moment / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    weights = weights / scale
    if not keep_similarity:
        weights[-5:] = 0
    print("[" + ", ".join(f"{w:.3f}" for w in weights) + "]")
    for setting in ("right", "five"):
        for language in sorted({key[1] for key in groups}):
            line = f"{setting:6} {language}"
            for half in (0, 1):
                hits = np.zeros(2)
                of = (setting, language)
                own = [key for key in groups if key[:2] == of and key[2] % 2 == half]
                for key in own:
                    order = np.argsort(
                        [-np.dot(row, weights) for _, row in groups[key]], kind="stable"
                    )
                    found = [groups[key][at][0] for at in order[:2]]
                    hits += [found[0], max(found)]
                line += "  {}: {:.3f} {:.3f}".format(("even", "odd")[half], *(hits / len(own)))
            print(line)


if __name__ == "__main__":
    main()
