#!/usr/bin/env python3
"""A real language model that is too small to tell the truth answers from documents.

    tests/liar/run.py

Starts the model (model.py) and a stack of its own, adds the documents of demo/, and asks questions whose
answers they have, and some whose answers they have not. Prints every sentence with its verdict.

Fails when a sentence counts as supported although a number or a name in it is in none of the passages that
it cites, when nothing is unsupported (the model did not lie: ask it more), or when an answer whose
unsupported sentences are dropped still has one.
"""

import argparse
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
sys.path[:0] = [str(CHECKOUT / "infra" / "local"), str(CHECKOUT / "tests" / "schemathesis")]

from api import Api
from needs import ensure_venv
from run import customer

QUESTIONS = [
    "How long is the warranty of the kettle?",
    "How do I get rid of limescale in the kettle?",
    "How much water does the kettle hold?",
    "What changed in the latest release?",
    "At which temperature does the kettle switch itself off?",
    "May the kettle be washed in the dishwasher?",
    "Who is the president of the company that makes the kettle?",
    "How many kettles were sold in 2019?",
]
STACK = [sys.executable, str(CHECKOUT / "infra" / "local" / "stack.py"), "--name", "liar"]
# Numbers, and words that begin with a capital letter inside a sentence.
CLAIMS = re.compile(r"\d+(?:[.,]\d+)*|(?<=[a-z,] )[A-Z][a-z]{2,}")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(url: str) -> None:
    """Until somebody answers, two minutes at most."""
    until = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise SystemExit(f"{url} does not answer") from None
            time.sleep(0.5)


def ask(stack: dict, token: str, question: str, unsupported: str, model: str) -> dict:
    """The answer to a question: the last event of its stream."""
    body = {
        "message": question,
        "topK": 2,
        "maxTokens": 80,
        "store": False,
        "unsupported": unsupported,
        "model": model,
    }
    request = urllib.request.Request(
        stack["streams"]["chat-stream"] + "/api/chat/stream",
        json.dumps(body).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=200) as events:
        text = events.read().decode()
    last = [block for block in text.split("\n\n") if "data: " in block][-1]
    name, data = re.search(r"event: (\w+)\n.*?data: (.*)", last, re.DOTALL).groups()
    if name != "answer":
        raise SystemExit(f"{question}: {data}")
    return json.loads(data)


def faults(answer: dict) -> list[str]:
    """Supported sentences with a number or a name that is in no passage that they cite."""
    found = []
    for sentence in answer["sentences"]:
        start, end = sentence["span"]
        text = answer["answer"][start:end]
        print(f"    {sentence['verdict']:12} {sentence.get('reason') or '':20} {text!r}")
        quotes = [c["quote"] for c in answer["citations"] if c["source"] in sentence["sources"]]
        said = re.sub(r"\[\d+(?:, ?\d+)*\]", "", text)
        missing = [claim for claim in CLAIMS.findall(said) if claim not in " ".join(quotes)]
        if sentence["verdict"] == "supported" and (missing or not quotes):
            found.append(f"{text!r} is not supported: {missing}")
    return found


def questions(stack: dict) -> int:
    """Asks all questions; 0 when every lie was flagged."""
    token = customer(stack)
    api = Api(stack["apiUrl"])
    api._send = with_token(api, token)
    for file in sorted((CHECKOUT / "demo").iterdir()):
        kind = {".md": "text/markdown", ".html": "text/html", ".pdf": "application/pdf"}
        if file.suffix in kind and file.name != "README.md":
            form = (file.name, kind[file.suffix], file.read_bytes())
            added = api.post_form("/api/ingest/file?wait=25", {}, form)
            assert added["status"] == "completed", added
    names = ["smollm2", "citing"]
    models = {"models": [{"name": name, "contextTokens": 4096} for name in names]}
    api.put("/api/customers/chat-providers/smollm2", models)
    found, unsupported, by_model = [], 0, 0
    for name, question in [(name, question) for name in names for question in QUESTIONS]:
        answer = ask(stack, token, question, "mark", f"smollm2/{name}")
        print(f"{question} ({answer['model']}, {answer['status']})")
        found += faults(answer)
        verdicts = [sentence["verdict"] for sentence in answer["sentences"]]
        unsupported += verdicts.count("unsupported")
        by_model += answer["model"] != "extractive"
    dropped = ask(stack, token, QUESTIONS[0], "drop", "smollm2/citing")
    kept = [sentence["verdict"] for sentence in dropped["sentences"]]
    if "unsupported" in kept:
        found.append("an unsupported sentence was not dropped")
    asked = len(names) * len(QUESTIONS)
    print(f"{by_model} of {asked} answers by the model; {unsupported} unsupported sentences")
    for fault in found:
        print(f"FAULT: {fault}")
    return 1 if found or not unsupported or not by_model else 0


def with_token(api: Api, token: str):
    """Requests of the client with an access token."""
    send = api._send
    return lambda method, path, body, headers: send(
        method, path, body, {**headers, "Authorization": f"Bearer {token}"}
    )


def main() -> int:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    python = ensure_venv(HERE / "requirements.txt")
    port = free_port()
    model = subprocess.Popen([python, HERE / "model.py", str(port)])
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        providers = f"ChatProviders=smollm2=http://127.0.0.1:{port}/v1"
        up = ["up", "--no-build", "--ephemeral", "--parameter", providers]
        subprocess.run([*STACK, *up], check=True, stdout=subprocess.DEVNULL)
        known = subprocess.run([*STACK, "env"], check=True, capture_output=True, text=True)
        return questions(json.loads(known.stdout))
    finally:
        subprocess.run([*STACK, "destroy"], stdout=subprocess.DEVNULL)
        model.terminate()
        model.wait()


if __name__ == "__main__":
    sys.exit(main())
