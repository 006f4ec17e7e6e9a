"""What may be requested although it is not public is kept from one `up` to the next."""

import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import state
import web_allow
from ui import StackError


class WebAllow(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        environment = mock.patch.dict(os.environ, {"DYNRAG_STATE": folder.name})
        environment.start()
        self.addCleanup(environment.stop)

    def up(self, given: str | None) -> str:
        """What an `up` hands to the template, with the state read anew as by another process."""
        return web_allow.parameters(given, state.State("one"))["WebAllow"]

    def test_it_stays_until_it_is_said_anew_or_forgotten(self):
        self.assertEqual(self.up(None), "")
        self.assertEqual(self.up("127.0.0.1:5678, [::1]:80,"), "127.0.0.1:5678,[::1]:80")
        self.assertEqual(self.up(None), "127.0.0.1:5678,[::1]:80")
        self.assertEqual(self.up("localhost:8080"), "localhost:8080")
        self.assertEqual(self.up(""), "")
        self.assertEqual(self.up(None), "")

    def test_anything_but_pairs_is_refused_and_not_kept(self):
        self.up("localhost:8080")
        for wrong in ("localhost", "http://localhost:80", "a:0", "a:65536", "a b:1", "a:1;b:2"):
            with self.subTest(wrong):
                self.assertRaises(StackError, self.up, wrong)
        self.assertEqual(self.up(None), "localhost:8080")


if __name__ == "__main__":
    unittest.main()
