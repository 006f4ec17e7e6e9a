#!/usr/bin/env python3
"""Ingestion: documents a second and memory of dynrag-embed beside a Python pipeline, and requests to S3.

    bench/ingest/ingest.py --bin-dir DIR [--embed BINARY] [--rounds 3] DATA

DATA has pdf/, html/pages, office/ and ir/cranfield.docs.xml. Runs in the project's Python (`stack.py
python`) and brings up a stack of its own, which it removes.

Both sides do the same with the same files: get the original from S3, read it, cut it into pieces of
1,000 characters of which 200 are shared, count tokens, have the pieces embedded by the same server
(stub.py, which does next to nothing), and store them in a LanceDB table on the same S3 emulator. Ours is
one dynrag-embed; the files were uploaded through the API before, and what is in its queue is handed over
ten messages at a time, as SQS does. reference.py is LangChain, PyMuPDF, trafilatura, tiktoken and lancedb
in one process. Kind by kind they take turns, each with a new table, and who begins alternates.

What is left out: uploading, and starting up; each side does one document before it is measured. The time
contains Postgres, which only we have, and the emulator, which is slow and the same for both. So CPU is
printed of each pipeline's own processes and of what it keeps busy.
"""

import argparse
import gzip
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT / "infra" / "local"), str(CHECKOUT / "bench" / "auth")]

import report
from auth import connected, start, stop, terminated
from meters import Counted, Memory, Processes
from needs import ensure_venv
from ours import BINARY, Customer, Embed, File, Outcome, Stack, stack
from state import free_port

HERE = Path(__file__).parent
REFERENCE = "reference"
KINDS = ("pdf", "html", "office", "text")
OFFICE = {"docx", "pptx", "xlsx", "odt", "rtf", "epub"}
TEXT = {"txt", "md", "csv", "eml"}
TEXTS = 100
# Messages of an event: of the ingest queue and of the bulk queue, as template.yaml has it.
EVENT, BULK_EVENT = 10, 100
WARM_UP = File("text", "warm-up.txt", b"Both sides do one document before it counts.")
# https://github.com/openai/tiktoken: where it looks for a vocabulary that it would download.
VOCABULARY = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"


def files_of(data: Path, limit: int) -> dict[str, list[File]]:
    """The files by kind, none twice."""
    found: dict[str, list[File]] = {kind: [] for kind in KINDS}
    seen = set()

    def add(kind: str, name: str, content: bytes) -> None:
        digest = hashlib.sha256(content).digest()
        if content and digest not in seen and len(found[kind]) < limit:
            seen.add(digest)
            found[kind].append(File(kind, name, content))

    for path in sorted((data / "pdf").glob("*.pdf")):
        add("pdf", path.name, path.read_bytes())
    for path in sorted((data / "html" / "pages").glob("*.html.gz")):
        add("html", path.name.removesuffix(".gz"), gzip.decompress(path.read_bytes()))
    for path in sorted((data / "office").iterdir()):
        ending = path.suffix[1:]
        if ending in OFFICE or (ending in TEXT and path.name != "README.md"):
            add("office" if ending in OFFICE else "text", path.name, path.read_bytes())
    for file in abstracts(data):
        add("text", file.name, file.data)
    return found


def abstracts(data: Path) -> list[File]:
    """Small documents: abstracts of at most 1,000 characters."""
    whole = (data / "ir" / "cranfield.docs.xml").read_text()
    texts = [text.strip() for text in re.findall(r"<text>(.*?)</text>", whole, re.DOTALL)]
    small = [text for text in texts if 0 < len(text) <= 1000]
    return [File("text", f"{n}.txt", text.encode()) for n, text in enumerate(small[:TEXTS])]


def vocabulary(folder: Path) -> Path:
    """cl100k_base where tiktoken finds it (and checks its hash): the copy that our build has."""
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    found = sorted(home.glob("registry/src/*/bpe-openai-*/data/cl100k_base.tiktoken.gz"))
    if not found:
        raise SystemExit(f"bpe-openai is not in {home}; build first")
    (folder / VOCABULARY).write_bytes(gzip.decompress(found[-1].read_bytes()))
    return folder


class Reference:
    """The Python pipeline, in a process of its own."""

    def __init__(self, on: Stack, stub: str, pages: str, folder: Path):
        python = ensure_venv(HERE / "requirements.txt")
        self.stack = on
        self.log = folder / "reference.log"
        environment = {"PATH": "/usr/bin:/bin", "TIKTOKEN_CACHE_DIR": str(folder)}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [python, "-W", "ignore", "-B", HERE / "reference.py", stub, pages],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                text=True,
            )
        self._answer()

    @staticmethod
    def put(on: Stack, files: list[File], endpoint: str | None = None) -> None:
        """Puts files where the pipeline gets them from."""
        s3 = on.client("s3", endpoint)
        for file in files:
            s3.put_object(Bucket=f"{REFERENCE}-documents", Key=file.name, Body=file.data)

    def run(self, table: str, files: list[File], endpoint: str | None = None) -> dict:
        """Ingests files into a new table."""
        order = {
            "credentials": self.stack.keys,
            "endpoint": endpoint or self.stack.endpoint,
            "documents": f"{REFERENCE}-documents",
            "vectors": f"{REFERENCE}-vectors",
            "table": table,
            "keys": [file.name for file in files],
        }
        print(json.dumps(order), file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the reference ended:\n{self.log.read_text()[-3000:]}")
        return json.loads(line)


@dataclass
class Turn:
    """One side with the files of a kind, once."""

    outcome: Outcome
    # CPU seconds of the pipeline itself ("own"), of Postgres, of the emulator and of the stub.
    cpu: dict[str, float]
    # Where the time went: stages of our documents, steps of the reference.
    spent: dict[str, float]


class Bench:
    """Takes the turns and keeps what came of them."""

    def __init__(self, on: Stack, stub_pid: int, embed: Path, start_reference, folder: Path):
        self.stack, self.stub_pid, self.embed, self.folder = on, stub_pid, embed, folder
        self.start_reference = start_reference
        self.turns: dict[tuple[str, str], list[Turn]] = defaultdict(list)
        self.memory: dict[str, list[Memory]] = defaultdict(list)

    def round(self, number: int, files: dict[str, list[File]]) -> None:
        """Every kind once on either side, with processes of its own."""
        warm_up = [WARM_UP]
        with ExitStack() as running:
            ours, reference = self._start(f"{number}", running, warm_up)
            memories = {
                name: running.enter_context(Memory(process.pid))
                for name, process in ((BINARY, ours.process), (REFERENCE, reference.process))
            }
            for kind in files:
                customer = Customer(self.stack, f"round-{number}-{kind}")
                taken = customer.upload(files[kind])
                if number == 0:
                    say(f"{kind}: {len(taken)} files, {len(files[kind]) - len(taken)} not taken")
                files[kind] = taken
                Reference.put(self.stack, taken)
                events = self.stack.events("IngestQueue", EVENT)

                def our_turn(customer=customer, events=events) -> tuple[Outcome, dict]:
                    seconds = ours.work(events)
                    outcome = customer.outcome()
                    outcome.seconds = seconds
                    return outcome, customer.stages()

                def their_turn(kind=kind, taken=taken) -> tuple[Outcome, dict]:
                    return outcome_of(len(taken), reference.run(f"{number}-{kind}", taken))

                sides = [(BINARY, ours, our_turn), (REFERENCE, reference, their_turn)]
                for name, side, turn in sides if number % 2 == 0 else reversed(sides):
                    self._measure(name, kind, side.process.pid, turn)
            for name, memory in memories.items():
                self.memory[name].append(memory)

    def _start(self, name: str, running: ExitStack, warm_up: list[File]):
        """Both sides, warm."""
        environment = self.stack.environment("Embed")
        ours = Embed(self.embed, environment, self.folder / f"embed-{name}.log")
        running.callback(stop, ours.process)
        customer = Customer(self.stack, f"warm-up-{name}")
        customer.upload(warm_up)
        ours.work(self.stack.events("IngestQueue", EVENT))
        reference = self.start_reference()
        running.callback(stop, reference.process)
        Reference.put(self.stack, warm_up)
        reference.run(f"warm-up-{name}", warm_up)
        return ours, reference

    def _measure(self, name: str, kind: str, pid: int, turn) -> None:
        pids = {"own": pid, "stub": self.stub_pid, **self.stack.pids}
        before = Processes(pids)
        outcome, spent = turn()
        self.turns[name, kind].append(Turn(outcome, before.spent(), spent))
        say(f"  {kind:<7} {name:<13} {outcome.seconds:7.2f} s")


def outcome_of(documents: int, answer: dict) -> tuple[Outcome, dict]:
    """The reference's answer in our terms."""
    errors = Counter(answer["errors"])
    empty = errors.pop("EmptyDocument", 0)
    outcome = Outcome(answer["seconds"], documents, answer["chunks"], empty, errors)
    return outcome, answer["spent"]


def small_documents(on: Stack, embed: Path, reference: Reference, data: Path, folder: Path) -> dict:
    """Requests to S3 for a hundred small documents, uploads included, in each way."""
    texts, proxy, found = abstracts(data), Counted(int(on.endpoint.rpartition(":")[2])), {}
    warm_up = [WARM_UP]
    on.lead_through(["IngestDocument", "IngestBatch"], proxy.url)

    def ours(way: str, function: str, queue: str, size: int, how) -> None:
        with ExitStack() as running:
            log = folder / f"embed-{function}-{size}.log"
            process = Embed(embed, on.environment(function, proxy.url), log)
            running.callback(stop, process.process)
            how(Customer(on, f"warm-up-{function}-{size}".lower()), warm_up)
            process.work(on.events(queue, size))
            customer = Customer(on, f"small-{function}-{size}".lower())
            proxy.taken()
            how(customer, texts)
            events = on.events(queue, size)
            pids = {"own": process.process.pid}
            before = Processes(pids)
            seconds = process.work(events)
            outcome = customer.outcome()
            if outcome.empty or outcome.failures or outcome.documents != len(texts):
                raise SystemExit(f"{way}: {outcome}")
            found[way] = Small(proxy.taken(), seconds, before.spent()["own"])

    ours("one by one, 1 a message", "Embed", "IngestQueue", 1, Customer.send_texts)
    ours("one by one, 10 together", "Embed", "IngestQueue", EVENT, Customer.send_texts)
    ours("one batch", "EmbedBulk", "BulkQueue", BULK_EVENT, Customer.send_batch)
    proxy.taken()
    reference.run("small-warm-up", warm_up)
    Reference.put(on, texts, proxy.url)
    before = Processes({"own": reference.process.pid})
    outcome, _ = outcome_of(len(texts), reference.run("small", texts, proxy.url))
    if outcome.empty or outcome.failures:
        raise SystemExit(f"{REFERENCE}: {outcome}")
    found[REFERENCE] = Small(proxy.taken(), outcome.seconds, before.spent()["own"])
    proxy.close()
    return found


@dataclass
class Small:
    """What a hundred small documents took: requests by bucket and method, seconds, CPU seconds."""

    requests: Counter
    seconds: float
    cpu: float


def say(text: str = "") -> None:
    """Prints at once: a round takes minutes."""
    print(text, flush=True)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of real files")
    parser.add_argument("--bin-dir", type=Path, required=True, help="what the stack deploys")
    parser.add_argument("--embed", type=Path, help=f"the binary measured (default: {BINARY} there)")
    parser.add_argument("--stack", default="bench", help="name of the stack (default bench)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each (default 3)")
    parser.add_argument("--limit", type=int, default=10_000, help="files of each kind at most")
    parser.add_argument(
        "--html",
        choices=("trafilatura", "beautifulsoup"),
        default="trafilatura",
        help="how the reference reads pages: the main content, as we do, or all text",
    )
    options = parser.parse_args()
    embed = (options.embed or options.bin_dir / BINARY).resolve()
    if not embed.exists():
        parser.error(f"there is no {embed}; build with --release first")
    found = files_of(options.data, options.limit)
    files = {kind: of for kind, of in found.items() if of}
    largest = max(len(file.data) for kind in files.values() for file in kind)
    signal.signal(signal.SIGTERM, terminated)
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        port, log = free_port(None), folder / "stub.log"
        stub = start([sys.executable, HERE / "stub.py", str(port)], {"PATH": "/usr/bin:/bin"}, log)
        running.callback(stop, stub)
        connected(port, stub, log).close()
        url = f"http://127.0.0.1:{port}/v1"
        on = running.enter_context(stack(options.stack, options.bin_dir.resolve(), url))
        on.cut_off()
        for what in ("documents", "vectors"):
            on.client("s3").create_bucket(Bucket=f"{REFERENCE}-{what}")
        vocabulary(folder)

        def start_reference() -> Reference:
            return Reference(on, url, options.html, folder)

        bench = Bench(on, stub.pid, embed, start_reference, folder)
        for number in range(options.rounds):
            say(f"round {number + 1} of {options.rounds}")
            bench.round(number, files)
        reference = start_reference()
        running.callback(stop, reference.process)
        small = small_documents(on, embed, reference, options.data, folder)
        say()
        report.table(bench.turns, files, BINARY, REFERENCE)
        report.shares(bench.turns, files, BINARY, REFERENCE)
        report.memory(bench.memory, largest)
        report.requests(small, REFERENCE)


if __name__ == "__main__":
    main()
