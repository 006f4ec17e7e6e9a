#!/usr/bin/env python3
"""Holds a running stack to docs/openapi.json with schemathesis.

    tests/schemathesis/run.py STACK.json [--examples 100]

STACK.json is what `stack.py env` prints. Runs in the project's Python; schemathesis has an environment of
its own. All phases, all checks but two: what API Gateway answers to a method that no route has is its own
(404, not 405), and what a schema cannot say (a password's rule, a budget that is spent) may be refused.
Afterwards it must find a document to be wrong that is.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
sys.path.insert(0, str(CHECKOUT / "infra" / "local"))

import psycopg2
from needs import ensure_venv

# The first two end the session that all other requests are made in; the others, and those under /v1, are at
# other URLs.
LEFT_OUT = ("auth-logout", "customers-rotate-secrets", "documents-events", "chat-stream")
NOT_CHECKED = ("unsupported_method", "positive_data_acceptance")


def customer(stack: dict) -> str:
    """Signs a customer up, lifts its limits and returns an access token."""
    return signed_up(stack)["accessToken"]


def signed_up(stack: dict) -> dict:
    """The same; returns what signing up returned, with the address and the password."""
    account = {
        "email": f"contract-{secrets.token_hex(6)}@example.com",
        "password": secrets.token_urlsafe(24),
    }
    request = urllib.request.Request(
        stack["apiUrl"] + "/api/auth/signup",
        json.dumps(account).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        made = json.load(answer)
    connection = psycopg2.connect(stack["postgresSuperuserUrl"], sslrootcert=stack["postgresCa"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "UPDATE customer_config SET reads_per_minute = 1000000, requests_per_minute = 1000000,"
                " requests_per_day = 1000000000 WHERE customer_id = %s",
                [made["customer"]["id"]],
            )
            # As if its address were verified.
            cursor.execute(
                "UPDATE customers SET platform_key_from = now() WHERE id = %s",
                [made["customer"]["id"]],
            )
    finally:
        connection.close()
    return made | account


def run(document: Path, url: str, token: str, *more: str) -> subprocess.CompletedProcess:
    """Runs schemathesis, in a folder that goes with what it leaves there."""
    program = ensure_venv(HERE / "requirements.txt").with_name("st")
    command = [
        program,
        "--config-file",
        HERE / "schemathesis.toml",
        "run",
        document,
        "--url",
        url,
    ]
    command += [
        "--exclude-checks",
        ",".join(NOT_CHECKED),
        "--workers",
        "2",
        "--warnings",
        "off",
    ]
    command += more
    environment = {**os.environ, "TOKEN": token}
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )


def finds_a_fault(url: str, token: str) -> bool:
    """Whether an answer is missed that a document promises and nobody gives."""
    document = json.loads((CHECKOUT / "docs" / "openapi.json").read_text())
    document["components"]["schemas"]["CallerInfo"]["required"].append("shoeSize")
    with tempfile.TemporaryDirectory() as folder:
        wrong = Path(folder) / "openapi.json"
        wrong.write_text(json.dumps(document))
        done = run(wrong, url, token, "--include-operation-id", "auth-me", "-n", "1")
        return done.returncode == 1 and "Response violates schema" in done.stdout


def main() -> int:
    """0 when the stack keeps to the document, and a fault would have been found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stack", type=Path, help="what `stack.py env` printed")
    parser.add_argument("--examples", type=int, default=100, help="of each operation (default 100)")
    parser.add_argument("--seed", help="to do again what was done (default: a new one)")
    options = parser.parse_args()
    stack = json.loads(options.stack.read_text())
    url, token = stack["apiUrl"], customer(stack)
    examples = ["-n", str(options.examples), "--continue-on-failure"]
    if options.seed:
        examples += ["--seed", options.seed]
    for left_out in LEFT_OUT:
        examples += ["--exclude-operation-id", left_out]
    examples += ["--exclude-path-regex", "^/v1/"]
    done = run(CHECKOUT / "docs" / "openapi.json", url, token, *examples)
    print(done.stdout if done.returncode else done.stdout[done.stdout.index("= SUMMARY =") :])
    if done.returncode:
        return done.returncode
    if not finds_a_fault(url, token):
        print(
            "schemathesis finds nothing wrong with a document that is wrong",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
