#!/usr/bin/env python3
"""A streamed answer: what our function adds to a provider's first token, and its memory.

    bench/answers/stream.py --bin-dir DIR [--answers 1000] [--thinking 100] [--route v1-responses-create]

Runs in the project's Python (`stack.py python`) and brings up a stack of its own, which it removes. The
real binary gets one question after the other from a Runtime API in this script, searches, and asks a
provider in this script, which writes the first piece of an answer after as many milliseconds as
`--thinking` says, and the others at once. Every answer cites a passage and is verified, none is stored.

Prints, of the answers after the first hundred:

- before: from the question to its arrival at the provider: authentication, search and prompt
- added: from the provider's first piece to its arrival at the Runtime API as a delta
- after: from the provider's last piece to the end of the response, with the verification
- the resident memory of the process along the way

API Gateway, Lambda, and the network to all of them are in none.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT / "infra" / "local"), str(CHECKOUT / "bench" / "auth")]

import boto3
import psycopg2
from api import Api
from auth import stack

WARM_UP = 100
DOCUMENT = "The kettle is made of steel. Its guarantee lasts 24 months and covers the motor. It weighs 900 g."
QUESTION = "How long does the guarantee of the kettle last?"
ANSWER = ["Its guarantee", " lasts 24", " months and", " covers the motor [", "1", "]."]

Chunk = Callable[[bytes], None]


@dataclass(frozen=True)
class Route:
    """A route that streams: its function and binary, a question, and what a delta begins with."""

    function: str
    binary: str
    body: dict
    delta: bytes


ROUTES = {
    "chat-stream": Route(
        "ChatStream",
        "dynrag-chat-stream",
        {"message": QUESTION, "store": False},
        b"event: delta",
    ),
    "v1-chat-completions": Route(
        "V1",
        "dynrag-v1",
        {
            "model": "auto",
            "stream": True,
            "messages": [{"role": "user", "content": QUESTION}],
        },
        b'"content":"Its',
    ),
    "v1-responses-create": Route(
        "V1",
        "dynrag-v1",
        {"model": "auto", "stream": True, "store": False, "input": QUESTION},
        b"event: response.output_text.delta",
    ),
}


@dataclass
class Times:
    """When what happened to a question, in seconds."""

    asked: float = 0
    at_provider: float = 0
    first_piece: float = 0
    first_delta: float = 0
    last_piece: float = 0
    ended: float = 0
    sent: bytearray = field(default_factory=bytearray)


async def message(reader: asyncio.StreamReader, chunk: Chunk | None = None) -> tuple[str, bytes]:
    """The first line of an HTTP message, and its body, which is handed on piece by piece."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lines = head.split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    body = bytearray()
    if "chunked" in headers.get("transfer-encoding", ""):
        while size := int((await reader.readline()).split(b";")[0], 16):
            piece = await reader.readexactly(size)
            await reader.readline()
            if chunk:
                chunk(piece)
            body += piece
        while (await reader.readline()).strip():
            pass
    else:
        body += await reader.readexactly(int(headers.get("content-length", 0)))
    return lines[0], bytes(body)


def told(sent: str) -> str:
    """The text of the deltas of a stream, of any of the routes."""
    text = ""
    for data in re.findall(r"^data: (\{.*)", sent, re.MULTILINE):
        event = json.loads(data)
        choices = event.get("choices") or [{"delta": {}}]
        delta = event.get("delta") or choices[0]["delta"].get("content")
        text += delta or (event.get("text", "") if set(event) == {"text"} else "")
    return text


class Bench:
    """The two servers, and the question that is being answered."""

    def __init__(self, event: dict, thinking: float, delta: bytes):
        self.thinking = thinking
        self.delta = delta
        self.event = json.dumps(event).encode()
        self.times = Times()
        self.asking = asyncio.Semaphore(0)
        self.answered = asyncio.Semaphore(0)

    async def serve(self, handle: Callable[..., Awaitable[None]]) -> int:
        """Starts a server on loopback; its port."""

        async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    await handle(reader, writer)
            except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(connection, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    async def runtime(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Lambda's Runtime API."""

        def chunk(piece: bytes) -> None:
            self.times.sent += piece
            if not self.times.first_delta and self.delta in self.times.sent:
                self.times.first_delta = time.perf_counter()

        line, body = await message(reader, chunk)
        if line.startswith("GET "):
            await self.asking.acquire()
            deadline = int((time.time() + 150) * 1000)
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                b"lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
                b"lambda-runtime-deadline-ms: %d\r\n"
                b"lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:0:function:bench\r\n"
                b"lambda-runtime-trace-id: Root=1-67400d88-0123456789abcdef01234567;Sampled=0\r\n"
                b"content-length: %d\r\n\r\n" % (deadline, len(self.event)) + self.event
            )
            self.times.asked = time.perf_counter()
        else:
            self.times.ended = time.perf_counter()
            if not line.split()[1].endswith("/response"):
                raise SystemExit(f"the function failed: {body.decode()}")
            writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
            self.answered.release()
        await writer.drain()

    async def provider(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A chat model."""
        await message(reader)
        self.times.at_provider = time.perf_counter()
        await asyncio.sleep(self.thinking)
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        self.times.first_piece = time.perf_counter()
        for text in ANSWER:
            await self._event(writer, {"choices": [{"delta": {"content": text}}]})
        usage = {"prompt_tokens": 200, "completion_tokens": 12}
        end = {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage}
        await self._event(writer, end)
        self.times.last_piece = time.perf_counter()
        writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
        await writer.drain()

    @staticmethod
    async def _event(writer: asyncio.StreamWriter, data: dict) -> None:
        event = b"data: " + json.dumps(data).encode() + b"\n\n"
        writer.write(b"%x\r\n%s\r\n" % (len(event), event))
        await writer.drain()

    async def ask(self) -> Times:
        """Asks the question once."""
        self.times = Times()
        self.asking.release()
        await asyncio.wait_for(self.answered.acquire(), 60)
        sent = self.times.sent.decode()
        if told(sent) != "".join(ANSWER) or '"verdict":"unsupported"' in sent:
            raise SystemExit(f"another answer than expected: {sent}")
        return self.times


def customer(known: dict) -> str:
    """A customer with a document and a model, without limits; its key."""
    api = Api(known["apiUrl"])
    account = {
        "email": "bench@example.com",
        "password": os.urandom(12).hex(),
        "companyName": "Bench",
    }
    made = api.post("/api/auth/signup", account)
    connection = psycopg2.connect(known["postgresSuperuserUrl"], sslrootcert=known["postgresCa"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("UPDATE customers SET platform_key_from = now()")
            cursor.execute(
                "UPDATE customer_config SET reads_per_minute = 1000000, requests_per_minute = 1000000,"
                " requests_per_day = 1000000000"
            )
            cursor.execute("UPDATE api_keys SET requests_per_minute = NULL")
    finally:
        connection.close()
    caller = Api(known["apiUrl"], made["apiKey"])
    caller.post("/api/ingest/document?wait=25", {"title": "Manual", "content": DOCUMENT})
    caller.put(
        "/api/customers/chat-providers/fake", {"apiKey": "sk-bench", "models": [{"name": "bench"}]}
    )
    caller.put("/api/customers/config", {"chatModels": ["fake/bench"]})
    return made["apiKey"]


def milliseconds(times: list[float]) -> str:
    """The median and the 95th percentile."""
    cuts = statistics.quantiles(times, n=20)
    return f"{statistics.median(times) * 1000:7.2f} {cuts[-1] * 1000:7.2f}"


def resident(pid: int) -> float:
    """Resident memory in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0


async def run(known: dict, bin_dir: Path, name: str, answers: int, thinking: float) -> None:
    """Asks a route, and prints what came of it."""
    route = ROUTES[name]
    keys = {
        "AWS_REGION": known["awsRegion"],
        "AWS_ENDPOINT_URL": known["awsEndpointUrl"],
        "AWS_ACCESS_KEY_ID": known["awsAccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": known["awsSecretAccessKey"],
    }
    function = boto3.client(
        "lambda",
        region_name=keys["AWS_REGION"],
        endpoint_url=keys["AWS_ENDPOINT_URL"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    ).get_function_configuration(FunctionName=known["functions"][route.function])
    event = json.loads((CHECKOUT / "events" / "http" / f"{name}.json").read_text())
    body = json.dumps(route.body)
    event["headers"].pop("authorization")
    event["headers"] |= {"x-api-key": customer(known), "content-length": str(len(body))}
    event |= {"body": body, "isBase64Encoded": False}
    bench = Bench(event, thinking, route.delta)
    runtime, provider = await bench.serve(bench.runtime), await bench.serve(bench.provider)
    environment = {
        **function["Environment"]["Variables"],
        **keys,
        "CHAT_PROVIDERS": f"fake=http://127.0.0.1:{provider}/v1",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function["MemorySize"]),
        "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
        "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
    }
    process = await asyncio.create_subprocess_exec(
        bin_dir / route.binary,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        for _ in range(WARM_UP):
            await bench.ask()
        print(f"{'answers':>8} {'MB':>7}")
        print(f"{WARM_UP:8} {resident(process.pid):7.1f}", flush=True)
        asked: list[Times] = []
        for count in range(1, answers + 1):
            asked.append(await bench.ask())
            if count % max(1, answers // 10) == 0:
                print(f"{count:8} {resident(process.pid):7.1f}", flush=True)
    finally:
        process.kill()
        await process.wait()
    print(f"\n{'ms':8} {'median':>7} {'p95':>7}")
    print("before  ", milliseconds([t.at_provider - t.asked for t in asked]))
    print("added   ", milliseconds([t.first_delta - t.first_piece for t in asked]))
    print("after   ", milliseconds([t.ended - t.last_piece for t in asked]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin-dir", type=Path, required=True, help="folder of the built binaries")
    parser.add_argument("--answers", type=int, default=1_000, help="answers after the warm-up")
    parser.add_argument(
        "--thinking", type=float, default=100, help="milliseconds before the model's first piece"
    )
    parser.add_argument("--route", choices=ROUTES, default="chat-stream", help="the route to ask")
    arguments = parser.parse_args()
    with stack("bench-stream", arguments.bin_dir.resolve()) as known:
        thinking = arguments.thinking / 1000
        bin_dir, answers = arguments.bin_dir.resolve(), arguments.answers
        asyncio.run(run(known, bin_dir, arguments.route, answers, thinking))


if __name__ == "__main__":
    main()
