"""The status of a stack says what hangs, and is not held up by it."""

import contextlib
import http.server
import io
import json
import socket
import subprocess
import sys
import threading
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import status

EMPTY = {
    "documents": {},
    "codes": {},
    "queued": {},
    "deleting": 0,
    "deleted": 0,
    "outbox": {"rows": 0, "age": None},
}


def known(**changes) -> dict:
    """What is known of a stack that is well, with changes."""
    process = {"pid": 7, "port": 5432}
    found = {
        "processes": {name: dict(process) for name in ("postgres", "embedder", "emulator")},
        "apiUrl": "http://api",
        "streams": {"documents-events": "http://events"},
        "health": {"status": "ok", "checks": {"database": "ok"}},
        "queues": {"ingest": {"visible": 3, "inFlight": 1, "delayed": 0}},
        "database": EMPTY,
        **changes,
    }
    found["healthy"] = status.healthy(found)
    return found


class Answering(unittest.TestCase):
    def serve(self, code: int, body: str) -> str:
        """A server that answers every request so; its address."""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(code)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

    def test_health_is_told_whatever_its_status(self):
        checks = {"database": "timed_out"}
        well = self.serve(200, json.dumps({"status": "ok", "checks": {"database": "ok"}}))
        self.assertEqual(status.health(well), {"status": "ok", "checks": {"database": "ok"}})
        ill = self.serve(503, json.dumps({"code": "unhealthy", "checks": checks}))
        self.assertEqual(status.health(ill), {"status": "unhealthy", "checks": checks})
        gone = self.serve(502, "Bad Gateway")
        with self.assertRaisesRegex(status.Unanswered, "502"):
            status.health(gone)

    def test_what_says_nothing_is_not_waited_for(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            with self.assertRaisesRegex(status.Unanswered, "no answer in 0.2 s"):
                status.health(url, limit=0.2)

    def test_a_frozen_database_is_given_up(self):
        postgres = SimpleNamespace(
            values={"port": 1}, superuser_password=lambda: "p", ca=Path("/nowhere")
        )
        frozen = subprocess.TimeoutExpired("psql", 5)
        binaries = mock.patch.object(status.needs, "postgres_bin", return_value=Path("/nowhere"))
        with binaries, mock.patch.object(subprocess, "run", side_effect=frozen):
            found = status.look({"database": lambda: status.database(postgres)})
        self.assertEqual(found, {"database": {"error": "no answer in 5 s"}})
        said = "psql: error: connection to server failed: timeout expired\n"
        refused = subprocess.CompletedProcess("psql", 2, stdout="", stderr=said)
        with binaries, mock.patch.object(subprocess, "run", return_value=refused):
            with self.assertRaisesRegex(status.Unanswered, "no answer in 3 s"):
                status.database(postgres)


class Verdict(unittest.TestCase):
    def test_a_stack_is_healthy_when_everything_runs_and_answers(self):
        self.assertTrue(known()["healthy"])
        stopped = {"pid": None, "port": None}
        processes = {**known()["processes"], "postgres": stopped}
        for changes in (
            {"processes": processes},
            {"health": {"status": "unhealthy", "checks": {}}},
            {"health": {"error": "no answer in 8 s"}},
            {"queues": {"error": "no answer in 5 s"}},
            {"database": {"error": "no answer in 5 s"}},
        ):
            with self.subTest(changes):
                self.assertFalse(known(**changes)["healthy"])
        # One that embeds elsewhere has no server of its own.
        elsewhere = known(processes={**known()["processes"], "embedder": stopped})
        self.assertFalse(elsewhere["healthy"])
        self.assertTrue(status.healthy(elsewhere, embedder=False))

    def test_a_stack_that_is_not_up_is_not_healthy(self):
        found = known()
        for name in ("health", "queues", "database"):
            del found[name]
        self.assertFalse(status.healthy(found))

    def test_everything_is_shown(self):
        database = {
            "documents": {"completed": {"number": 12, "age": 5}, "failed": {"number": 3, "age": 9}},
            "codes": {"failed": {"http_status": 2, "extraction_timeout": 1}},
            "queued": {"ingest": {"number": 4, "age": 150}},
            "deleting": 1,
            "deleted": 2,
            "outbox": {"rows": 2, "age": 40},
        }
        queues = {
            "ingest": {"visible": 3, "inFlight": 1, "delayed": 0},
            "dead letters": {"visible": 5, "inFlight": 0, "delayed": 0},
        }
        health = {"status": "unhealthy", "checks": {"database": "ok", "provider": "timed_out"}}
        shown = "\n".join(status.lines(known(database=database, queues=queues, health=health)))
        for expected in (
            "postgres  running, pid 7         port 5432",
            "health    unhealthy (database ok, provider timed_out)",
            "  ingest             3          1        0  2 min",
            "make redrive",
            "documents completed 12, failed 3",
            "  deleted      2, can be undeleted",
            "  failed       2 http_status, 1 extraction_timeout",
            "outbox    2 rows, the oldest 40 s old",
            "NOT HEALTHY",
        ):
            self.assertIn(expected, shown)
        frozen = status.lines(known(database={"error": "no answer in 5 s"}))
        self.assertIn("database  no answer in 5 s", frozen)

    def test_the_exit_code_tells(self):
        for found, code in ((known(), 0), (known(health={"error": "x"}), 1)):
            with mock.patch.object(status, "gather", return_value=found):
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    self.assertEqual(status.show(None, as_json=True), code)
                self.assertEqual(json.loads(out.getvalue()), found)


if __name__ == "__main__":
    unittest.main()
