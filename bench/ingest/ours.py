"""Our side: a stack whose queues nobody reads, and one dynrag-embed that is handed their messages."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT / "infra" / "local"), str(CHECKOUT / "bench" / "auth")]

import auth
import boto3
import psycopg2
from api import Api, form, send
from auth import Function, failed
from state import State

BINARY = "dynrag-embed"
LANES = ("Embed", "EmbedBulk", "EmbedSlow")
# Of Embed, EmbedBulk and EmbedSlow in template.yaml.
TIMEOUT = 300
# Codes of a file in which nobody finds text.
NO_TEXT = ("empty_document", "no_text_layer")
# A batch takes longer than a request.
auth.PATIENCE = TIMEOUT


# How long documents were at each stage, which up to three are at once; and how long the store steps took,
# one for all documents of an event: from the last that was ready to the first that was published.
STAGES = """
WITH steps AS (
    SELECT document_id, status, stage, at, xmin::text AS transaction,
           lead(at) OVER (PARTITION BY document_id ORDER BY id) - at AS took
    FROM document_events WHERE customer_id = %s)
SELECT stage, extract(epoch FROM sum(took))::float8
FROM steps WHERE stage <> 'storing' GROUP BY stage
UNION ALL
SELECT 'storing', extract(epoch FROM sum(took))::float8 FROM (
    SELECT min(ended.at) - max(begun.at) AS took
    FROM steps ended JOIN steps begun USING (document_id)
    WHERE ended.status = 'completed' AND begun.stage = 'storing' GROUP BY ended.transaction) AS step
"""


@dataclass(frozen=True)
class File:
    """Something to ingest, and of which kind it is for the tables."""

    kind: str
    name: str
    data: bytes


@dataclass
class Outcome:
    """What became of a turn's documents."""

    seconds: float = 0
    documents: int = 0
    chunks: int = 0
    # Files in which no text was found, and why others were given up.
    empty: int = 0
    failures: Counter = field(default_factory=Counter)


@contextmanager
def stack(name: str, bin_dir: Path, stub: str) -> Iterator["Stack"]:
    """A stack that embeds with the stub and ends with this script."""
    program = [sys.executable, CHECKOUT / "infra" / "local" / "stack.py", "--name", name]

    def run(*arguments) -> str:
        environment = {**os.environ, "OPENAI_API_KEY": "none"}
        command = [*map(str, program), *map(str, arguments)]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=False, env=environment
        )
        if done.returncode:
            raise SystemExit(f"stack.py {arguments[0]} failed:\n{done.stdout}")
        return done.stdout

    run("destroy")  # what a killed run may have left
    try:
        arguments = ["--bin-dir", bin_dir, "--ephemeral", "--no-demo-customer"]
        arguments += ["--embeddings-base-url", stub, "--embedding-model", "text-embedding-3-small"]
        arguments += ["--parameter", "EmbeddingDimensions=1536"]
        # Nothing but what is measured.
        arguments += ["--parameter", "SweepRate=rate(1 day)"]
        run("up", *arguments)
        yield Stack(name, json.loads(run("env")))
    finally:
        run("destroy")


class Customer:
    """A new customer without limits, whose table is new too."""

    def __init__(self, stack: "Stack", name: str):
        self.stack = stack
        made = Api(stack.known["apiUrl"]).post(
            "/api/auth/signup",
            {
                "email": f"{name}@example.com",
                "password": os.urandom(12).hex(),
                "companyName": "Bench",
            },
        )
        self.id, self.key = made["customer"]["id"], made["apiKey"]
        stack.sql("UPDATE customers SET platform_key_from = now() WHERE id = %s", self.id)
        stack.sql(
            "UPDATE customer_config SET reads_per_minute = 1000000, requests_per_minute = 1000000,"
            " requests_per_day = 1000000000 WHERE customer_id = %s",
            self.id,
        )
        stack.sql(
            "UPDATE api_keys SET requests_per_minute = 1000000"
            " WHERE customer_id = %s AND requests_per_minute IS NOT NULL",
            self.id,
        )

    def upload(self, files: list[File]) -> list[File]:
        """Uploads files one by one; returns those that were taken."""
        taken = []
        for file in files:
            part = (file.name, "application/octet-stream", file.data)
            body, content_type = form({"title": file.name}, part)
            if self._post("/api/ingest/file", body, content_type) == 202:
                taken.append(file)
        return taken

    def send_texts(self, files: list[File]) -> None:
        """Sends texts one by one."""
        for file in files:
            self._post_json("/api/ingest/document", self._text(file))

    def send_batch(self, files: list[File]) -> None:
        """Sends texts in one request."""
        self._post_json("/api/ingest/batch", {"documents": [self._text(file) for file in files]})

    def outcome(self) -> Outcome:
        """What became of the documents so far."""
        rows = self.stack.sql(
            "SELECT d.status, coalesce(d.code, ''), count(*), coalesce(sum(v.chunks), 0)"
            " FROM documents d JOIN document_versions v ON v.customer_id = d.customer_id"
            " AND v.document_id = d.id WHERE d.customer_id = %s GROUP BY 1, 2",
            self.id,
        )
        found = Outcome()
        for status, code, documents, chunks in rows:
            found.documents += documents
            found.chunks += int(chunks)
            if code in NO_TEXT:
                found.empty += documents
            elif status != "completed":
                found.failures[code or status] += documents
        return found

    def stages(self) -> dict[str, float]:
        """Seconds by stage, see STAGES."""
        return {stage: took or 0.0 for stage, took in self.stack.sql(STAGES, self.id)}

    @staticmethod
    def _text(file: File) -> dict:
        return {"title": file.name, "content": file.data.decode()}

    def _post(self, path: str, body: bytes, content_type: str) -> int:
        headers = {"Content-Type": content_type, "X-API-Key": self.key}
        status, answer = send("POST", self.stack.known["apiUrl"] + path, body, headers)
        # Not of a type that is taken, or too large for a request.
        if status not in (200, 202, 413, 415):
            raise SystemExit(f"POST {path} answered {status}: {answer[:500]!r}")
        return status

    def _post_json(self, path: str, body: dict) -> None:
        status = self._post(path, json.dumps(body).encode(), "application/json")
        if status != 202:
            raise SystemExit(f"POST {path} answered {status}")


class Stack:
    """The deployed stack."""

    def __init__(self, name: str, known: dict):
        self.known = known
        self.keys = {
            "region_name": known["awsRegion"],
            "aws_access_key_id": known["awsAccessKeyId"],
            "aws_secret_access_key": known["awsSecretAccessKey"],
        }
        self.endpoint = known["awsEndpointUrl"]
        state = State(name)
        self.pids = {part: state.running(part) for part in ("postgres", "emulator")}
        self._database = psycopg2.connect(
            known["postgresSuperuserUrl"], sslrootcert=known["postgresCa"]
        )
        self._database.autocommit = True

    def cut_off(self) -> None:
        """Cuts the embedding functions off from their queues: what is in them is handed over by hand."""
        functions = self.client("lambda")
        embedding = {self.known["functions"][which] for which in LANES}
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            if mapping["FunctionArn"].rpartition(":")[2] in embedding:
                functions.delete_event_source_mapping(UUID=mapping["UUID"])

    def client(self, service: str, endpoint: str | None = None):
        """A boto3 client of the emulator, perhaps by another address."""
        return boto3.client(service, endpoint_url=endpoint or self.endpoint, **self.keys)

    def sql(self, statement: str, *values) -> list[tuple]:
        """Runs a statement as the superuser."""
        with self._database.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def lead_through(self, names: list[str], endpoint: str) -> None:
        """Has deployed functions reach S3 by another address."""
        client = self.client("lambda")
        for name in names:
            function = self.known["functions"][name]
            now = client.get_function_configuration(FunctionName=function)
            variables = {**now["Environment"]["Variables"], "AWS_ENDPOINT_URL_S3": endpoint}
            client.update_function_configuration(
                FunctionName=function, Environment={"Variables": variables}
            )

    def environment(self, function: str, s3: str | None = None) -> dict[str, str]:
        """The environment of a deployed function, S3 perhaps by another address."""
        name = self.known["functions"][function]
        deployed = self.client("lambda").get_function_configuration(FunctionName=name)
        return {
            **deployed["Environment"]["Variables"],
            # Nothing is left to the slow lane, which nobody reads here.
            "QUICK_CPU_SECONDS": "60",
            "AWS_REGION": self.keys["region_name"],
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3": s3 or self.endpoint,
            "AWS_ACCESS_KEY_ID": self.keys["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": self.keys["aws_secret_access_key"],
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(deployed["MemorySize"]),
            "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
        }

    def events(self, queue: str, size: int) -> list[bytes]:
        """Empties a queue into events of so many messages."""
        client, url = self.client("sqs"), self.known["queues"][queue]
        records = []
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            records += [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "md5OfBody": message["MD5OfBody"],
                    "attributes": {},
                    "messageAttributes": {},
                    "eventSource": "aws:sqs",
                    "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{queue}",
                    "awsRegion": "us-east-1",
                }
                for message in messages
            ]
        client.purge_queue(QueueUrl=url)
        return [
            json.dumps({"Records": records[at : at + size]}).encode()
            for at in range(0, len(records), size)
        ]


class Embed(Function):
    """A dynrag-embed that does what it is handed."""

    def work(self, events: list[bytes]) -> float:
        """Hands over events, one after the other; the seconds until the last is done with."""
        began = time.perf_counter()
        for event in events:
            self._invoke(event)
        return time.perf_counter() - began

    def _invoke(self, event: bytes) -> None:
        self.number += 1
        head = (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
            f"lambda-runtime-aws-request-id: 00000000-0000-4000-8000-{self.number:012}\r\n"
            f"lambda-runtime-deadline-ms: {int(time.time() + TIMEOUT) * 1000}\r\n"
            "lambda-runtime-invoked-function-arn: arn:aws:lambda:::function:bench\r\n"
            "lambda-runtime-trace-id: Root=1-67400d88-0123456789abcdef01234567;Sampled=0\r\n"
            f"content-length: {len(event)}\r\n\r\n"
        )
        self.poll.send(head.encode() + event)
        wire, head, body = self._received()
        wire.send(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        self.poll = self._polled()
        if b"/response " not in head or json.loads(body)["batchItemFailures"]:
            failed(f"{BINARY} answered {body!r}", self.log)
