#!/usr/bin/env python3
"""Whether a customer who queues thousands of documents, or files slow to read, makes another one wait.

    bench/ingest/fairness.py --bin-dir DIR [--rounds 3] [--many 2000] [--few 20] [--poison pages|files]

Runs in the project's Python (`stack.py python`) and brings up a stack of its own, which it removes; texts
are embedded by stub.py. In each round a customer adds a few documents one after the other, alone; then
another one queues many through `batch`, and the first adds as many again, while those are worked on. Printed
is the time from the request to the document's completion, alone and beside the others, and how many of the
others were still open when the last of the few was done. With --poison the other one uploads slow files in
place of that, all at once: eight web pages of 2 MB that open elements and close none (`pages`), or sixteen
files (`files`), of which every second is a PDF of thousands of pages.

The emulator has no fair queues; what shows here is what the two queues do, single documents before bulk.
On a machine with few cores the times beside contain what the other customer's work takes of them.
"""

import argparse
import signal
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT / "infra" / "local"), str(CHECKOUT / "bench" / "auth")]

from api import send
from auth import connected, start, stop, terminated
from ours import Customer, File, Stack, stack
from state import free_port

HERE = Path(__file__).parent
# What batch takes at once.
MOST = 500
PATIENCE = 900


def texts(count: int, mark: str) -> list[File]:
    """Small documents, all different."""
    return [
        File("text", f"{mark} {n}", f"Document {n} of {mark}. ".encode() * 8) for n in range(count)
    ]


def still_open(on: Stack, customer: Customer) -> int:
    """Documents that have not ended."""
    count = "SELECT count(*) FROM documents WHERE customer_id = %s AND status <> 'completed'"
    return on.sql(count, customer.id)[0][0]


def until_done(on: Stack, customer: Customer) -> None:
    """Waits for all documents of a customer."""
    deadline = time.monotonic() + PATIENCE
    while still_open(on, customer):
        if time.monotonic() > deadline:
            raise SystemExit("documents were not completed in time")
        time.sleep(0.02)


def one_by_one(on: Stack, customer: Customer, files: list[File]) -> list[float]:
    """Adds documents one after the other; the seconds each took to be completed."""
    took = []
    for file in files:
        began = time.perf_counter()
        customer.send_texts([file])
        until_done(on, customer)
        took.append(time.perf_counter() - began)
    return took


def slow_pdf(mark: str) -> bytes:
    """A small PDF of 9,000 pages, each with the same two thousand words."""
    words = b"BT /F1 9 Tf " + b"1 1 Td (ab) Tj " * 2000 + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count 9000 >>" % (b"5 0 R " * 9000),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        b" /Resources << /Font << /F1 3 0 R >> >> >>",
    ]
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\n" % table
    return out + trailer + b"startxref\n%d\n%%%%EOF\n%% %s\n" % (len(out), mark.encode())


def poison(kind: str, count: int, mark: str) -> list[File]:
    """Files that take long to read: web pages, or by turns web pages and PDFs."""
    pages = b"<!doctype html><title>%s</title>" + b"<div>" * 400_000
    return [
        File("html", f"{mark} {n}.html", pages % f"{mark} {n}".encode())
        if kind == "pages" or n % 2
        else File("pdf", f"{mark} {n}.pdf", slow_pdf(f"{mark} {n}"))
        for n in range(count)
    ]


def drop(on: Stack, customer: Customer) -> None:
    """Deletes all documents of a customer, and waits until they are gone."""
    for (document,) in on.sql("SELECT id FROM documents WHERE customer_id = %s", customer.id):
        headers = {"X-API-Key": customer.key}
        send("DELETE", f"{on.known['apiUrl']}/api/documents/{document}", None, headers)
    while on.sql("SELECT 1 FROM documents WHERE customer_id = %s", customer.id):
        time.sleep(0.2)


def percentile(times: list[float], share: float) -> float:
    """Of few values: the one that so many are not above."""
    return sorted(times)[min(len(times) - 1, round(share * len(times)))]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin-dir", type=Path, required=True, help="what the stack deploys")
    parser.add_argument("--stack", default="bench", help="name of the stack (default bench)")
    parser.add_argument("--rounds", type=int, default=3, help="(default 3)")
    parser.add_argument("--many", type=int, help="of the other (default 2000)")
    parser.add_argument(
        "--poison", choices=["pages", "files"], help="many are slow files, 8 or 16 by default"
    )
    parser.add_argument("--few", type=int, default=20, help="of the one (default 20)")
    options = parser.parse_args()
    count = options.many or {"pages": 8, "files": 16, None: 2000}[options.poison]
    signal.signal(signal.SIGTERM, terminated)
    alone: list[float] = []
    beside: list[float] = []
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        port, log = free_port(None), folder / "stub.log"
        stub = start([sys.executable, HERE / "stub.py", str(port)], {"PATH": "/usr/bin:/bin"}, log)
        running.callback(stop, stub)
        connected(port, stub, log).close()
        url = f"http://127.0.0.1:{port}/v1"
        on = running.enter_context(stack(options.stack, options.bin_dir.resolve(), url))
        few = Customer(on, "few")
        one_by_one(on, few, texts(3, "warm-up"))
        for number in range(options.rounds):
            alone += one_by_one(on, few, texts(options.few, f"alone {number}"))
            many = Customer(on, f"many-{number}")
            if options.poison:
                many.upload(poison(options.poison, count, f"poison {number}"))
            else:
                queued = texts(count, f"many {number}")
                for first in range(0, len(queued), MOST):
                    many.send_batch(queued[first : first + MOST])
            beside += one_by_one(on, few, texts(options.few, f"beside {number}"))
            print(f"round {number + 1}: {still_open(on, many)} of {count} still open after")
            if options.poison:
                drop(on, many)
            else:
                until_done(on, many)
    print(f"{'seconds to completion':24} {'p50':>7} {'p95':>7}")
    for name, times in (("alone", alone), ("beside", beside)):
        print(f"{name:24} {statistics.median(times):7.3f} {percentile(times, 0.95):7.3f}")
    print(f"{'ratio':24} {statistics.median(beside) / statistics.median(alone):7.2f}", end="")
    print(f" {percentile(beside, 0.95) / percentile(alone, 0.95):7.2f}")


if __name__ == "__main__":
    main()
