"""How a local stack is: its processes, what health says, queues, documents. Nothing is waited for long."""

import contextlib
import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import needs
from postgres import DATABASE
from ui import say

# Seconds for each look. Health has its own limit of about five for what is outside.
HEALTH = 8
DATABASE_LIMIT = 5
CONNECT = 3
QUEUES = 5

QUEUE_NAMES = {
    "IngestQueue": "ingest",
    "BulkQueue": "bulk",
    "SlowQueue": "slow",
    "MaintainQueue": "maintain",
    "FetchQueue": "fetch",
    "DeliverQueue": "deliver",
    "TasksQueue": "tasks",
    "PushQueue": "push",
    "DeadLetterQueue": "dead letters",
}
COUNTS = {
    "visible": "ApproximateNumberOfMessages",
    "inFlight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}

# All customers', as one line of JSON. `age` is how many seconds the oldest has been as it is.
SQL = """
SET statement_timeout = '4s';
SELECT json_build_object(
    'documents', (SELECT coalesce(json_object_agg(status, found), '{}') FROM (
        SELECT status, json_build_object('number', count(*),
                   'age', extract(epoch FROM now() - min(updated_at))::bigint) AS found
        FROM documents WHERE deleted_at IS NULL GROUP BY status) by_status),
    'codes', (SELECT coalesce(json_object_agg(status, found), '{}') FROM (
        SELECT status, json_object_agg(code, number ORDER BY number DESC) AS found FROM (
            SELECT status, code, count(*) AS number FROM documents
            WHERE deleted_at IS NULL AND code IS NOT NULL GROUP BY status, code) counted
        GROUP BY status) by_code),
    'queued', (SELECT coalesce(json_object_agg(queue, found), '{}') FROM (
        SELECT CASE WHEN v.to_fetch THEN 'fetch' WHEN d.slow THEN 'slow'
                    WHEN d.lane = 'bulk' THEN 'bulk' ELSE 'ingest' END AS queue,
               json_build_object('number', count(*),
                   'age', extract(epoch FROM now() - min(d.updated_at))::bigint) AS found
        FROM documents d JOIN document_versions v
            ON (v.customer_id, v.document_id, v.version) = (d.customer_id, d.id, d.latest_version)
        WHERE d.status = 'queued' AND d.deleted_at IS NULL GROUP BY 1) by_queue),
    'deleting', (SELECT count(*) FROM documents
                 WHERE deleted_at IS NOT NULL AND purge_at IS NULL),
    'deleted', (SELECT count(*) FROM documents WHERE purge_at IS NOT NULL),
    'outbox', (SELECT json_build_object('rows', count(*),
                   'age', extract(epoch FROM now() - min(created_at))::bigint) FROM outbox));
"""


class Unanswered(Exception):
    """A look that came to nothing; its text says why, in a few words."""


def health(url: str, limit: float = HEALTH) -> dict:
    """What `GET /health?deep=true` says: `{"status": ..., "checks": ...}`, whatever the HTTP status."""
    try:
        with urllib.request.urlopen(f"{url}/health?deep=true", timeout=limit) as answer:
            known = json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            known = json.load(error)
        except ValueError:
            raise Unanswered(f"HTTP status {error.code}") from None
        return {"status": known.get("code", "failed"), "checks": known.get("checks", {})}
    except (OSError, ValueError) as error:
        raise Unanswered(_why(error, limit)) from None
    return {"status": known["status"], "checks": known["checks"]}


def queues(client: Callable, urls: dict[str, str]) -> dict:
    """Messages of each queue, by its short name. Asked side by side."""
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    limits = Config(connect_timeout=2, read_timeout=QUEUES - 2, retries={"total_max_attempts": 1})
    sqs = client("sqs", limits)

    def look(url: str) -> dict:
        asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(COUNTS.values()))
        return {name: int(asked["Attributes"].get(of, 0)) for name, of in COUNTS.items()}

    known = {short: urls[name] for name, short in QUEUE_NAMES.items() if name in urls}
    try:
        with ThreadPoolExecutor(len(QUEUE_NAMES)) as pool:
            return dict(zip(known, pool.map(look, known.values()), strict=True))
    except (BotoCoreError, ClientError) as error:
        raise Unanswered(_why(error, QUEUES)) from None


def database(postgres, limit: float = DATABASE_LIMIT) -> dict:
    """Counts of documents and of the outbox, as the superuser; in a process, which can be given up."""
    binaries = needs.postgres_bin()
    port = postgres.values.get("port")
    if binaries is None or port is None:
        raise Unanswered("there is no PostgreSQL")
    env = {
        **os.environ,
        "PGPASSWORD": postgres.superuser_password(),
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": str(postgres.ca),
        "PGCONNECT_TIMEOUT": str(CONNECT),
    }
    address = ["-h", "localhost", "-p", str(port), "-U", "postgres", "-d", DATABASE]
    command = [binaries / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *address]
    try:
        done = subprocess.run(
            command, env=env, input=SQL, capture_output=True, text=True, check=False, timeout=limit
        )
    except subprocess.TimeoutExpired:
        raise Unanswered(f"no answer in {limit:g} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it failed"])[-1]
        frozen = "timeout expired" in last
        raise Unanswered(f"no answer in {CONNECT} s" if frozen else last)
    return json.loads(done.stdout)


def _why(error: Exception, limit: float) -> str:
    text = str(error)
    return f"no answer in {limit:g} s" if "timed out" in text.lower() else text


def look(looks: dict[str, Callable[[], dict]]) -> dict:
    """Takes all looks side by side; `{"error": ...}` for one that came to nothing."""

    def take(one: Callable[[], dict]) -> dict:
        try:
            return one()
        except Unanswered as error:
            return {"error": str(error)}

    with ThreadPoolExecutor(len(looks) or 1) as pool:
        return dict(zip(looks, pool.map(take, looks.values()), strict=True))


def gather(stack) -> dict:
    """All that is known of a stack, and whether it is healthy: everything runs and answers."""
    state = stack.state
    parts = {"postgres": stack.postgres, "embedder": stack.embedder, "emulator": stack.emulator}
    known: dict = {
        "processes": {
            name: {"pid": state.running(name), "port": part.values.get("port")}
            for name, part in parts.items()
        }
    }
    looks: dict[str, Callable[[], dict]] = {}
    running = {name for name, process in known["processes"].items() if process["pid"]}
    if "emulator" in running and stack.deployment.values.get("resources"):
        known["apiUrl"] = stack.deployment.api_url
        known["streams"] = stack.deployment.streams
        urls = stack.deployment.physical("AWS::SQS::Queue")
        looks["health"] = lambda: health(stack.deployment.api_url)
        looks["queues"] = lambda: queues(stack.emulator.client, urls)
    if "postgres" in running:
        looks["database"] = lambda: database(stack.postgres)
    known |= look(looks)
    known["healthy"] = healthy(known, embedder=bool(stack.embedder.values.get("process")))
    return known


def healthy(known: dict, embedder: bool = True) -> bool:
    """Whether everything runs and answers. Documents that failed and dead letters are the customers' matter.

    `embedder` says whether the stack has an embedding server of its own.
    """
    wanted = {"postgres", "emulator", *(["embedder"] if embedder else [])}
    runs = all(known["processes"][name]["pid"] for name in wanted)
    looks = [known.get(name, {"error": "not asked"}) for name in ("health", "queues", "database")]
    answers = all("error" not in found for found in looks)
    return runs and answers and looks[0]["status"] == "ok"


def lines(known: dict) -> list[str]:
    """What is known, for people."""
    shown = []
    for name, process in known["processes"].items():
        runs = f"running, pid {process['pid']}" if process["pid"] else "stopped"
        shown.append(f"{name:9} {runs:22} port {process['port'] or '-'}")
    if "apiUrl" in known:
        shown.append(f"api       {known['apiUrl']}")
        shown += [f"streamed  {url}  ({name})" for name, url in known["streams"].items()]
    for name, render in (("health", _health), ("queues", _queues), ("database", _database)):
        if name in known:
            failed = known[name].get("error")
            shown += [f"{name:9} {failed}"] if failed else render(known)
    shown.append(f"          {'healthy' if known['healthy'] else 'NOT HEALTHY'}")
    return shown


def _health(known: dict) -> list[str]:
    found = known["health"]
    checks = ", ".join(f"{name} {outcome}" for name, outcome in found["checks"].items())
    return [f"health    {found['status']}" + (f" ({checks})" if checks else "")]


def _age(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _queues(known: dict) -> list[str]:
    # Queues do not tell how old their messages are; the documents they are about do.
    waiting = known.get("database", {}).get("queued", {})
    shown = ["queues         visible  in flight  delayed  oldest document"]
    for name, found in known["queues"].items():
        numbers = f"{found['visible']:7}  {found['inFlight']:9}  {found['delayed']:7}"
        oldest = _age(waiting[name]["age"]) if name in waiting else "-"
        shown.append(f"  {name:13}{numbers}  {oldest}")
    if known["queues"].get("dead letters", {}).get("visible"):
        shown.append("          `make redrive` counts dead letters and puts them back")
    return shown


def _database(known: dict) -> list[str]:
    found = known["database"]
    documents = ", ".join(
        f"{status} {of['number']}" for status, of in sorted(found["documents"].items())
    )
    shown = [f"documents {documents or 'none'}"]
    for status, codes in sorted(found["codes"].items()):
        each = ", ".join(f"{number} {code}" for code, number in codes.items())
        shown.append(f"  {status:13}{each}")
    if found["deleting"]:
        shown.append(f"  deleting     {found['deleting']}")
    if found["deleted"]:
        shown.append(f"  deleted      {found['deleted']}, can be undeleted")
    outbox = found["outbox"]
    age = f", the oldest {_age(outbox['age'])} old" if outbox["rows"] else ""
    shown.append(f"outbox    {outbox['rows']} rows{age}")
    return shown


def show(stack, as_json: bool) -> int:
    """Prints how a stack is; 1 where it is not healthy."""
    known = gather(stack)
    with contextlib.suppress(BrokenPipeError):
        if as_json:
            say(json.dumps(known, indent=2))
        else:
            say("\n".join(lines(known)))
    return 0 if known["healthy"] else 1
