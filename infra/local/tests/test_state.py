"""Processes are recognised by more than their pid, and ports are shared with nobody."""

import os
import socket
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import state


class Processes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with mock.patch.dict(os.environ, {"DYNRAG_STATE": folder.name}):
            self.state = state.State("one")
        self.state.make()
        self.pid = self.state.spawn("sleeper", ["sleep", "60"], fingerprint="a")
        self.addCleanup(self.state.stop, "sleeper")

    def test_a_process_is_found_with_its_own_fingerprint_only(self):
        self.assertEqual(self.state.running("sleeper", "a"), self.pid)
        self.assertIsNone(self.state.running("sleeper", "b"))

    def test_another_start_time_or_boot_is_another_process(self):
        record = self.state.part("sleeper")["process"]
        for key, other in (("started", 1), ("boot", "another")):
            with self.subTest(key), mock.patch.dict(record, {key: other}):
                self.assertIsNone(self.state.running("sleeper"))
                self.assertFalse(self.state.stop("sleeper"))
                self.assertIsNotNone(state._process(self.pid))

    def test_stop_ends_it_and_forgets_it(self):
        self.assertTrue(self.state.stop("sleeper"))
        self.assertIsNone(state._process(self.pid))
        self.assertFalse(self.state.stop("sleeper"))

    def test_stop_ends_what_a_killed_process_left_in_its_session(self):
        self.state.spawn(
            "parent", ["sh", "-c", "sleep 60 & echo $! >child; wait"], cwd=self.state.dir
        )
        child = self.state.dir / "child"
        while not (child.exists() and child.read_text().strip()):
            os.sched_yield()
        orphan = int(child.read_text())
        os.kill(self.state.part("parent")["process"]["pid"], 9)
        self.state.stop("parent")
        self.assertIsNone(state._process(orphan))

    def test_secrets_stay_and_only_the_owner_may_read_them(self):
        first = self.state.secret("part", "key")
        self.assertEqual(self.state.secret("part", "key"), first)
        self.assertEqual((self.state.dir / "state.json").stat().st_mode & 0o777, 0o600)


class Ports(unittest.TestCase):
    def test_a_remembered_port_is_kept_unless_it_is_taken(self):
        port = state.free_port(None)
        self.assertEqual(state.free_port(port), port)
        with socket.socket() as other:
            other.bind(("127.0.0.1", port))
            other.listen()
            self.assertNotEqual(state.free_port(port), port)


if __name__ == "__main__":
    unittest.main()
