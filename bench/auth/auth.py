#!/usr/bin/env python3
"""An authenticated request: what `GET /api/auth/me` costs in dynrag-auth, and in FastAPI.

    bench/auth/auth.py --bin-dir DIR [--requests 500]

Runs in the project's Python (`stack.py python`) and brings up a stack of its own, which it removes.
Each of an access token and an API key, against PostgreSQL and through pgbouncer in transaction mode,
goes to the real binary and to service.py: FastAPI, uvicorn with one worker, uvloop and httptools,
asyncpg, PyJWT. Both verify the same credential with the secret in memory, run the same statement as
the app's role over verified TLS, write a log line and answer the same JSON, which is compared. They
take turns in small blocks, so that noise meets all alike; one request at a time, as Lambda hands them
out, after as many as it takes to be warm.

Prints the CPU time of the process per request, without PostgreSQL's (the count of /proc/PID/stat, in
nanoseconds), and the time its caller waits.

What is left out: our figures contain the exchange with the Runtime API, which is a small server in
this script, with the whole event of the gateway in JSON, and the rate limit's headers; FastAPI's
contain its HTTP server instead. API Gateway, Lambda itself, cold starts, the network to the database
and more than one request at a time are in neither.
"""

import argparse
import json
import math
import os
import re
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Protocol

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "infra" / "local"))

import boto3
import psycopg2
from api import Api
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from needs import ensure_venv
from state import free_port

BINARY, SERVICE = "dynrag-auth", "FastAPI"
PGBOUNCER = "/usr/sbin/pgbouncer"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
# Of one contender, before it is the next one's turn.
BLOCK = 25
WARM_UP = 200
PATIENCE = 30

LEFT_OUT = """\
dynrag-auth contains the exchange with the Runtime API (the event's JSON, its answer's), FastAPI its HTTP
server; neither contains API Gateway, Lambda, a cold start or the network to the database. CPU is the
process', without PostgreSQL's and pgbouncer's. One request at a time: throughput under load is not shown."""


class Wire:
    """HTTP/1.1 messages over one connection."""

    LENGTH = re.compile(rb"(?im)^content-length: *(\d+)")

    def __init__(self, connection: socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(PATIENCE)
        self.connection = connection
        self.buffer = b""

    def fileno(self) -> int:
        """For select."""
        return self.connection.fileno()

    def send(self, message: bytes) -> None:
        """Sends a message as it is."""
        self.connection.sendall(message)

    def receive(self) -> tuple[bytes, bytes]:
        """The head of the next message, and its body; nothing at the end of the connection."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if not self._more():
                return b"", b""
        head, begin = self.buffer[:end], end + 4
        length = self.LENGTH.search(head)
        if not length and b"chunked" in head.lower():
            raise SystemExit(f"a body without a length: {head!r}")
        stop = begin + (int(length[1]) if length else 0)
        while len(self.buffer) < stop:
            if not self._more():
                return b"", b""
        body, self.buffer = self.buffer[begin:stop], self.buffer[stop:]
        return head, body

    def _more(self) -> bool:
        read = self.connection.recv(65536)
        self.buffer += read
        return bool(read)


class Server(Protocol):
    """One of the processes that are compared."""

    process: subprocess.Popen

    def request(self, message: bytes) -> tuple[float, dict]:
        """Sends a request; how many milliseconds its answer took, and the answer's JSON."""


def start(command: list, environment: dict[str, str], log: Path) -> subprocess.Popen:
    """Starts a process that writes to a log."""
    with open(log, "wb") as to:
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=to, stderr=to
        )


def stop(process: subprocess.Popen) -> None:
    """Ends a process."""
    process.kill()
    process.wait()


def failed(what: str, log: Path) -> NoReturn:
    """Ends the measurement with the last of a log."""
    raise SystemExit(f"{what}; its log:\n{log.read_text(errors='replace')[-3000:]}")


class Function:
    """The function's binary, and the Runtime API that it asks for events."""

    def __init__(self, binary: Path, environment: dict[str, str], log: Path):
        self.log = log
        self.server = socket.create_server(("127.0.0.1", 0))
        self.wires: list[Wire] = []
        self.number = 0
        host, port = self.server.getsockname()
        environment = {**environment, "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}"}
        self.process = start([binary], environment, log)
        self.poll = self._polled()

    def request(self, message: bytes) -> tuple[float, dict]:
        """Hands over an event; the time ends when its answer is here."""
        self.number += 1
        head = (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
            f"lambda-runtime-aws-request-id: 00000000-0000-4000-8000-{self.number:012}\r\n"
            f"lambda-runtime-deadline-ms: {int(time.time() + PATIENCE) * 1000}\r\n"
            "lambda-runtime-invoked-function-arn: arn:aws:lambda:::function:bench\r\n"
            "lambda-runtime-trace-id: Root=1-67400d88-0123456789abcdef01234567;Sampled=0\r\n"
            f"content-length: {len(message)}\r\n\r\n"
        ).encode()
        began = time.perf_counter()
        self.poll.send(head + message)
        wire, head, body = self._received()
        took = (time.perf_counter() - began) * 1000
        wire.send(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        self.poll = self._polled()
        answer = json.loads(body)
        if b"/response " not in head or answer["statusCode"] != 200:
            failed(f"{BINARY} answered {body!r}", self.log)
        return took, json.loads(answer["body"])

    def _polled(self) -> Wire:
        """The connection on which the function asks for its next event."""
        wire, head, body = self._received()
        if b"/invocation/next " not in head:
            failed(f"{BINARY} asked for something else: {head!r} {body!r}", self.log)
        return wire

    def _received(self) -> tuple[Wire, bytes, bytes]:
        while True:
            readable, _, _ = select.select([self.server, *self.wires], [], [], PATIENCE)
            if not readable:
                failed(f"{BINARY} says nothing", self.log)
            for at in readable:
                if at is self.server:
                    self.wires.append(Wire(self.server.accept()[0]))
                    continue
                head, body = at.receive()
                if head:
                    return at, head, body
                self.wires.remove(at)
                if self.process.poll() is not None:
                    failed(f"{BINARY} ended", self.log)


class Service:
    """The FastAPI service, over one connection that is kept."""

    def __init__(self, python: Path, settings: dict, log: Path):
        self.log = log
        port = free_port(None)
        command = [
            python,
            "-m",
            "uvicorn",
            "service:app",
            "--app-dir",
            Path(__file__).parent,
        ]
        command += ["--port", str(port), "--loop", "uvloop", "--http", "httptools"]
        command += ["--timeout-keep-alive", "3600"]
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "BENCH_SERVICE": json.dumps(settings),
        }
        self.process = start(command, environment, log)
        self.wire = Wire(connected(port, self.process, log))

    def request(self, message: bytes) -> tuple[float, dict]:
        """Sends a plain request; the time ends when its answer is here."""
        began = time.perf_counter()
        self.wire.send(message)
        head, body = self.wire.receive()
        took = (time.perf_counter() - began) * 1000
        if not head.startswith(b"HTTP/1.1 200 "):
            failed(f"{SERVICE} answered {head!r} {body!r}", self.log)
        return took, json.loads(body)


def connected(port: int, process: subprocess.Popen, log: Path) -> socket.socket:
    """A connection to a process that has just been started."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                failed(f"nobody listens on port {port}", log)
            time.sleep(0.02)


@contextmanager
def pooler(login: dict) -> Iterator[dict]:
    """The login, through a pgbouncer in transaction mode with a certificate of its own."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder, port = Path(name), free_port(None)
        (folder / "server-ca.pem").write_text(login["caPem"])
        (folder / "users.txt").write_text(f'"{login["username"]}" "{login["password"]}"\n')
        certificate = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        certificate += " -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        certificate += " -addext basicConstraints=critical,CA:FALSE"
        certificate += " -keyout key.pem -out certificate.pem"
        subprocess.run(certificate.split(), cwd=folder, check=True, capture_output=True)
        settings = f"""\
[databases]
* = host={login["host"]} port={login["port"]}
[pgbouncer]
pool_mode = transaction
default_pool_size = 2
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
client_tls_sslmode = require
client_tls_key_file = {folder}/key.pem
client_tls_cert_file = {folder}/certificate.pem
server_tls_sslmode = verify-full
server_tls_ca_file = {folder}/server-ca.pem
"""
        if os.geteuid() == 0:
            # It refuses to run as root, and PostgreSQL's user is there wherever PostgreSQL is.
            settings += "user = postgres\n"
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, "postgres")
        (folder / "pgbouncer.ini").write_text(settings)
        log = folder / "log"
        command = [PGBOUNCER, "-q", folder / "pgbouncer.ini"]
        process = start(command, dict(os.environ), log)
        running.callback(stop, process)
        connected(port, process, log).close()
        ca_pem = (folder / "certificate.pem").read_text()
        yield {**login, "host": "localhost", "port": port, "caPem": ca_pem}


@contextmanager
def stack(name: str, bin_dir: Path) -> Iterator[dict]:
    """A stack that ends with this script; what `stack.py env` says of it."""
    program = [
        sys.executable,
        str(CHECKOUT / "infra" / "local" / "stack.py"),
        "--name",
        name,
    ]

    def run(*arguments: str) -> str:
        command = [*program, *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"stack.py {arguments[0]} failed:\n{done.stdout}")
        return done.stdout

    run("destroy")  # what a killed run may have left
    try:
        run("up", "--bin-dir", str(bin_dir), "--ephemeral", "--fake-openai")
        yield json.loads(run("env"))
    finally:
        run("destroy")


@dataclass
class Customer:
    """Whom the requests are for."""

    id: str
    token: str
    key: str
    secrets: list[dict]


class Deployed:
    """What is taken from the stack: a customer without limits, and the function's environment."""

    def __init__(self, known: dict):
        self.known = known
        self.keys = {
            "AWS_REGION": known["awsRegion"],
            "AWS_ENDPOINT_URL": known["awsEndpointUrl"],
            "AWS_ACCESS_KEY_ID": known["awsAccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": known["awsSecretAccessKey"],
        }
        name = known["functions"]["AuthMe"]
        deployed = self._client("lambda").get_function_configuration(FunctionName=name)
        self.variables: dict[str, str] = deployed["Environment"]["Variables"]
        self.memory = str(deployed["MemorySize"])
        arn = self.variables["DATABASE_SECRET_ARN"]
        secret = self._client("secretsmanager").get_secret_value(SecretId=arn)
        self.login: dict = json.loads(secret["SecretString"])
        self.customer = self._customer()

    def environment(self, login: dict) -> dict[str, str]:
        """The deployed function's environment, with a database login of its own."""
        made = self._client("secretsmanager").create_secret(
            Name=f"bench/{login['port']}", SecretString=json.dumps(login)
        )
        return {
            **self.variables,
            **self.keys,
            "DATABASE_SECRET_ARN": made["ARN"],
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": self.memory,
            "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
        }

    def _client(self, service: str):
        return boto3.client(
            service,
            region_name=self.keys["AWS_REGION"],
            endpoint_url=self.keys["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.keys["AWS_SECRET_ACCESS_KEY"],
        )

    def _customer(self) -> Customer:
        api = Api(self.known["apiUrl"])
        email, password = "bench@example.com", os.urandom(12).hex()
        company = {"email": email, "password": password, "companyName": "Bench"}
        made = api.post("/api/auth/signup", company)
        session = api.post("/api/auth/login", {"email": email, "password": password})
        customer = made["customer"]["id"]
        url, ca = self.known["postgresSuperuserUrl"], self.known["postgresCa"]
        connection = psycopg2.connect(url, sslrootcert=ca)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE customer_config SET reads_per_minute = 1000000, requests_per_minute = 1000000,"
                    " requests_per_day = 1000000000 WHERE customer_id = %s",
                    [customer],
                )
                cursor.execute(
                    "UPDATE api_keys SET requests_per_minute = 1000000"
                    " WHERE customer_id = %s AND requests_per_minute IS NOT NULL",
                    [customer],
                )
                cursor.execute(
                    "SELECT wrapped_data_key, version, nonce, ciphertext"
                    " FROM read_secrets(%s, 'access_token')",
                    [customer],
                )
                sealed = [
                    (bytes(wrapped), version, bytes(nonce), bytes(text))
                    for wrapped, version, nonce, text in cursor.fetchall()
                ]
        finally:
            connection.close()
        secrets = [self._opened(customer, *secret) for secret in sealed]
        return Customer(customer, session["accessToken"], made["apiKey"], secrets)

    def _opened(
        self, customer: str, wrapped: bytes, version: int, nonce: bytes, text: bytes
    ) -> dict:
        """A secret as the vault opens it."""
        key = self._client("kms").decrypt(
            KeyId=self.variables["KMS_KEY_ARN"],
            CiphertextBlob=wrapped,
            EncryptionContext={"customer_id": customer},
        )["Plaintext"]
        aad = f"{customer}|access_token|{version}".encode()
        return {
            "version": version,
            "text": AESGCM(key).decrypt(nonce, text, aad).decode(),
        }


@dataclass
class Contender:
    """A server with a credential, and what was measured of it."""

    database: str
    credential: str
    name: str
    server: Server
    message: bytes
    answer: dict = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    cpu: int = 0

    def run(self, requests: int) -> None:
        """Sends some requests."""
        clock = (~self.server.process.pid << 3) | 2  # clock_getcpuclockid(3)
        before = time.clock_gettime_ns(clock)
        for _ in range(requests):
            took, answer = self.server.request(self.message)
            self.times.append(took)
            if self.answer and answer != self.answer:
                raise SystemExit(f"{self.name} answered {answer}, not {self.answer}")
            self.answer = answer
        self.cpu += time.clock_gettime_ns(clock) - before

    def forget(self) -> None:
        """Begins anew, now that it is warm."""
        self.times, self.cpu = [], 0

    def figures(self) -> tuple[float, float, float]:
        """CPU, median and 99th percentile, in ms."""
        times = sorted(self.times)
        p99 = times[math.ceil(len(times) * 0.99) - 1]
        return self.cpu / len(times) / 1e6, statistics.median(times), p99


def messages(customer: Customer) -> Iterator[tuple[str, bytes, bytes]]:
    """Credential by credential: its name, the gateway's event and the plain request."""
    event = json.loads((CHECKOUT / "events" / "http" / "auth-me.json").read_text())
    without = {k: v for k, v in event["headers"].items() if k != "authorization"}
    for name, header in (
        ("access token", {"authorization": f"Bearer {customer.token}"}),
        ("API key", {"x-api-key": customer.key}),
    ):
        event["headers"] = {**without, **header}
        lines = [f"GET {event['rawPath']} HTTP/1.1"]
        lines += [f"{key}: {value}" for key, value in event["headers"].items()]
        yield name, json.dumps(event).encode(), "\r\n".join([*lines, "", ""]).encode()


def contenders(
    deployed: Deployed,
    binary: Path,
    databases: dict[str, dict],
    logs: Path,
    running: ExitStack,
) -> list[Contender]:
    """Starts a function and a service for each database."""
    customer, python = deployed.customer, ensure_venv(REQUIREMENTS)
    found = []
    for database, login in databases.items():
        function = Function(binary, deployed.environment(login), logs / f"{BINARY}.{database}")
        running.callback(stop, function.process)
        settings = {
            "database": login,
            "issuer": f"dynamic-rag/{deployed.variables['STAGE']}",
            "secrets": {customer.id: customer.secrets},
            "queries": str(CHECKOUT / "shared" / "store" / "queries" / "admission"),
            # Behind a pooler a statement may not be there the next time.
            "statementCacheSize": 100 if database == "direct" else 0,
        }
        service = Service(python, settings, logs / f"{SERVICE}.{database}")
        running.callback(stop, service.process)
        for credential, event, request in messages(customer):
            found.append(Contender(database, credential, BINARY, function, event))
            found.append(Contender(database, credential, SERVICE, service, request))
    return found


def measure(all_of_them: list[Contender], requests: int) -> None:
    """Has them take turns, each round from another one on."""
    for contender in all_of_them:
        contender.run(WARM_UP)
        contender.forget()
    for ours, theirs in pairs(all_of_them):
        if ours.answer != theirs.answer:
            raise SystemExit(f"answers differ:\n{ours.answer}\n{theirs.answer}")
    for turn in range(math.ceil(requests / BLOCK)):
        first = turn % len(all_of_them)
        for contender in all_of_them[first:] + all_of_them[:first]:
            contender.run(BLOCK)


def pairs(all_of_them: list[Contender]) -> Iterator[tuple[Contender, Contender]]:
    """Ours and theirs, with the same credential and database."""
    yield from zip(all_of_them[::2], all_of_them[1::2], strict=True)


def report(all_of_them: list[Contender]) -> None:
    """Prints the table."""
    print(f"GET /api/auth/me, {len(all_of_them[0].times)} requests each\n")
    print(f"{'credential':<13} {'database':<10} {'':<12} {'CPU ms':>7} {'p50 ms':>7} {'p99 ms':>7}")
    for ours, theirs in sorted(
        pairs(all_of_them), key=lambda pair: pair[0].credential != "access token"
    ):
        ratio = [a / b for a, b in zip(ours.figures(), theirs.figures(), strict=True)]
        first = f"{ours.credential:<13} {ours.database:<10}"
        for start_of_line, name, figures in (
            (first, ours.name, ours.figures()),
            ("", theirs.name, theirs.figures()),
            ("", "ratio", ratio),
        ):
            print(
                f"{start_of_line:<24} {name:<12}",
                *(f"{figure:>7.2f}" for figure in figures),
            )
    print(f"\n{LEFT_OUT}")


def terminated(*_: object) -> NoReturn:
    """Ends in a way that removes the stack."""
    raise SystemExit(143)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin-dir", type=Path, required=True, help="folder of the release build")
    parser.add_argument("--stack-bin-dir", type=Path, help="what the stack deploys (default: same)")
    parser.add_argument("--stack", default="bench", help="name of the stack (default bench)")
    parser.add_argument("--requests", type=int, default=500, help="requests of each (default 500)")
    options = parser.parse_args()
    binary = options.bin_dir.resolve() / BINARY
    if not binary.exists():
        parser.error(f"{options.bin_dir} has no {BINARY}; build with --release first")
    if options.requests < 1:
        parser.error("--requests must be at least 1")
    signal.signal(signal.SIGTERM, terminated)
    with ExitStack() as running:
        logs = Path(running.enter_context(tempfile.TemporaryDirectory()))
        known = running.enter_context(
            stack(options.stack, options.stack_bin_dir or options.bin_dir)
        )
        deployed = Deployed(known)
        pooled = running.enter_context(pooler(deployed.login))
        databases = {"direct": deployed.login, "pgbouncer": pooled}
        ready = contenders(deployed, binary, databases, logs, running)
        measure(ready, options.requests)
        report(ready)


if __name__ == "__main__":
    main()
