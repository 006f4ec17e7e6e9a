#!/usr/bin/env python3
"""OpenAI's clients against a running stack, as they come.

    tests/openai/run.py STACK [--all]

STACK is what `stack.py env` printed. Signs a customer up and runs client.py with its token, in an
environment of its own; with --all the other clients of OpenAI's API, too, for which Node and npm are needed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
TESTS = CHECKOUT / "tests"
sys.path[:0] = [str(CHECKOUT / "infra" / "local"), str(TESTS), str(TESTS / "schemathesis")]

from needs import ensure_venv
from node_modules import ensure_modules
from run import customer

NODE = HERE / "node"


def run_node(script: Path, modules: Path, *arguments: str) -> int:
    """Runs a script with modules that are elsewhere: Node looks for them beside the script alone."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "node_modules").symlink_to(modules)
        copied = shutil.copy(script, folder)
        return subprocess.run(["node", copied, *arguments]).returncode


def others(arguments: list[str]) -> list[str]:
    """Runs all clients but openai-python; returns those that failed."""
    llamaindex = ensure_venv(HERE / "requirements-llamaindex.txt")
    langchain = ensure_venv(HERE / "requirements-langchain.txt")
    # LangChain fetches the tokens' list on first use; LlamaIndex brings it along.
    lists = next(llamaindex.parents[1].glob("lib/*/site-packages/llama_index/core/_static"))
    os.environ["TIKTOKEN_CACHE_DIR"] = str(lists / "tiktoken_cache")
    pythons = {
        "with_langchain.py": langchain,
        "with_llamaindex.py": llamaindex,
        "with_openwebui.py": sys.executable,
    }
    failed = [
        script
        for script, python in pythons.items()
        if subprocess.run([python, HERE / script, *arguments]).returncode
    ]
    modules = ensure_modules(NODE)
    scripts = sorted(NODE.glob("*.mjs"))
    return failed + [script.name for script in scripts if run_node(script, modules, *arguments)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stack", type=Path, help="what `stack.py env` printed")
    parser.add_argument("--all", action="store_true", help="all clients, not openai-python alone")
    options = parser.parse_args()
    stack = json.loads(options.stack.read_text())
    python = ensure_venv(HERE / "requirements.txt")
    arguments = [stack["streams"]["v1"] + "/v1", customer(stack)]
    failed = []
    if subprocess.run([python, HERE / "client.py", *arguments]).returncode:
        failed.append("client.py")
    if options.all:
        failed += others(arguments)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
