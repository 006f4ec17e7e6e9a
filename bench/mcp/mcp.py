#!/usr/bin/env python3
"""What a tool call costs beside the same search over HTTP.

    bench/mcp/mcp.py STACK [--samples 400]

STACK is what `stack.py env` printed for a running stack. One customer with twenty documents; POST /search
and the tool chunks_search ask the same in turn, each over a connection of its own, by words alone so that
no model counts. Medians and 95th percentiles in milliseconds, as the client sees them, emulator included,
and the median of the differences of neighbours.
"""

import argparse
import http.client
import json
import sys
import time
import urllib.request
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT / "infra" / "local"), str(CHECKOUT / "tests" / "schemathesis")]

DOCUMENTS = 20
QUERY = "How long does the guarantee last?"


class Caller:
    """Asks over one connection."""

    def __init__(self, api: str, path: str, key: str, body: dict):
        there = urlsplit(api)
        self._connection = http.client.HTTPConnection(there.netloc, timeout=60)
        self._path = there.path + path
        self._body = json.dumps(body)
        self._headers = {
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
        }

    def ms(self) -> float:
        """A request's milliseconds."""
        started = time.perf_counter()
        self._connection.request("POST", self._path, self._body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        took = (time.perf_counter() - started) * 1e3
        if answer.status != 200 or b"guarantee" not in content:
            raise SystemExit(f"{answer.status} {content[:500]}")
        return took


def add(api: str, key: str, number: int) -> None:
    text = f"The guarantee of part {number} lasts {number} months. " * 20
    request = urllib.request.Request(
        f"{api}/api/ingest/document?wait=25",
        json.dumps({"title": f"Part {number}", "content": text}).encode(),
        {"content-type": "application/json", "x-api-key": key},
    )
    urllib.request.urlopen(request).read()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stack", type=Path)
    parser.add_argument("--samples", type=int, default=400)
    options = parser.parse_args()
    from run import signed_up

    stack = json.loads(options.stack.read_text())
    api, key = stack["apiUrl"], signed_up(stack)["apiKey"]
    for number in range(DOCUMENTS):
        add(api, key, number)
    wanted = {"query": QUERY, "topK": 5, "mode": "text"}
    call = {"name": "chunks_search", "arguments": wanted}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    search = Caller(api, "/search", key, wanted)
    tool = Caller(api, "/mcp", key, message)
    for caller in (search, tool):
        for _ in range(20):
            caller.ms()
    pairs = [(search.ms(), tool.ms()) for _ in range(options.samples)]
    for name, times in zip(
        ("POST /search", "chunks_search"), zip(*pairs, strict=True), strict=True
    ):
        high = sorted(times)[int(len(times) * 0.95)]
        print(f"{name:14} p50 {median(times):6.2f}  p95 {high:6.2f}")
    print(f"{'difference':14} p50 {median(b - a for a, b in pairs):+6.2f}")


if __name__ == "__main__":
    main()
