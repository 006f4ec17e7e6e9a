"""Lines of many logs become one log that can be filtered."""

import json
import os
import sys
import tempfile
import unittest
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import logs
import state
from ui import StackError

REQUEST = "2a3b2c70-fbef-41f1-bafa-b2b4b1de27eb"
CUSTOMER = "01a22779-d239-7654-8150-465d29afb017"
NAME = "dynrag-one-IngestDocument-5625686DC0CF1.log"


def line(at: str, level: str, message: str, **fields) -> str:
    """A line as a function writes it."""
    span = {"request_id": fields.pop("request", "other"), "name": "request"}
    known = {"timestamp": at, "level": level, "message": message, **fields, "span": span}
    return json.dumps(known, separators=(",", ":")) + "\n"


class Parsing(unittest.TestCase):
    def test_a_line_of_json_is_taken_apart_and_shown_in_short(self):
        raw = line(
            "2026-11-29T13:23:59.504356Z",
            "INFO",
            "request",
            status=200,
            code=None,
            cause="two words",
            request=REQUEST,
        )
        found = logs.parse("IngestDocument", raw)
        self.assertEqual(found.at, datetime(2026, 11, 29, 13, 23, 59, 504356, UTC))
        self.assertEqual((found.level, found.fields["request_id"]), ("INFO", REQUEST))
        self.assertEqual(
            logs.short(found),
            "13:23:59.504 INFO  IngestDocument       request status=200 "
            f'cause="two words" request_id={REQUEST}',
        )
        self.assertEqual(logs.as_json(found), raw.strip())

    def test_plain_text_has_its_time_and_level(self):
        for raw, level, message in (
            ("2026-11-29 13:24:55.532 UTC [12716] LOG:  shut down", "INFO", "[12716] shut down"),
            ("2026-11-29 13:24:55.532 UTC [12716] FATAL:  no role", "ERROR", "[12716] no role"),
            ("2026-11-29T13:24:55.532Z  WARN dynrag: slow", "WARN", "dynrag: slow"),
            ("2026-11-29T13:24:55,532+00:00 WARNING x", "WARN", "x"),
        ):
            with self.subTest(raw):
                found = logs.parse("service", raw)
                self.assertEqual(found.at, datetime(2026, 11, 29, 13, 24, 55, 532000, UTC))
                self.assertEqual((found.level, found.message), (level, message))

    def test_what_is_neither_is_kept_as_it_is(self):
        for raw in ("Error: hyper", "{broken", "", "[1, 2]", "2026-99-99 00:00:00 no such day"):
            found = logs.parse("service", raw)
            self.assertEqual((found.raw, found.is_json, found.at), (raw, False, None))
        self.assertEqual(
            json.loads(logs.as_json(logs.parse("a", "text"))), {"source": "a", "message": "text"}
        )

    def test_a_file_is_called_by_its_function(self):
        for name, source in (
            (NAME, "IngestDocument"),
            ("dynrag-one-two-Embed-AEE40133170F7.log", "two-Embed"),
            ("postgres.log", "postgres"),
        ):
            self.assertEqual(logs.source_of(Path("/x") / name, "one"), source)

    def test_since_is_a_span_or_a_time(self):
        ago = datetime.now(UTC) - logs.since("10m")
        self.assertLess(abs(ago - timedelta(minutes=10)), timedelta(seconds=5))
        self.assertEqual(logs.since("2026-11-21T09:30Z"), datetime(2026, 11, 21, 9, 30, tzinfo=UTC))
        for wrong in ("yesterday", "10", "m"):
            self.assertRaises(StackError, logs.since, wrong)
        self.assertEqual(logs.level("warning"), "WARN")
        self.assertRaises(StackError, logs.level, "loud")


class Merging(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with mock.patch.dict(os.environ, {"DYNRAG_STATE": folder.name}):
            self.state = state.State("one")
        self.state.make()
        self.ingest = self.state.function_logs / NAME
        self.embed = self.state.function_logs / "dynrag-one-Embed-AEE40133170F7.log"
        self.ingest.write_text(
            line("2026-11-29T13:00:01Z", "INFO", "first", request=REQUEST)
            + line("2026-11-29T13:00:03Z", "ERROR", "third", customer_id=CUSTOMER)
            + "a plain line of the third\n"
        )
        self.embed.write_text(line("2026-11-29T13:00:02Z", "WARN", "second"))

    def messages(self, part=None, most=50, **wanted):
        """What is shown first."""
        found = logs.Logs(self.state, part).first(logs.Filter(**wanted), most)
        return [shown.message for shown in found]

    def test_lines_are_in_the_order_of_time(self):
        plain = "a plain line of the third"
        self.assertEqual(self.messages(), ["first", "second", "third", plain])
        # The last of each file.
        self.assertEqual(self.messages(most=1), ["second", plain])

    def test_filters_leave_out_what_does_not_match(self):
        for wanted, expected in (
            ({"level": "WARN"}, ["second", "third"]),
            ({"level": "ERROR"}, ["third"]),
            ({"request": REQUEST}, ["first"]),
            ({"customer": CUSTOMER.upper()}, ["third"]),
            ({"customer": CUSTOMER, "level": "WARN"}, ["third"]),
            ({"part": "embed"}, ["second"]),
            ({"since": logs.since("2026-11-29T13:00:02Z"), "level": "INFO"}, ["second", "third"]),
        ):
            with self.subTest(wanted):
                self.assertEqual(self.messages(**wanted), expected)
        self.assertRaises(StackError, self.messages, part="nothing")

    def test_what_is_added_is_shown_once_and_whole(self):
        all_logs, wanted = logs.Logs(self.state, None), logs.Filter()
        all_logs.first(wanted, 50)

        def more():
            return [found.message for found in all_logs.next(wanted)]

        self.assertEqual(more(), [])
        late = line("2026-11-29T13:00:05Z", "INFO", "fifth")
        with open(self.embed, "a") as file:
            file.write(late[:20])
        self.assertEqual(more(), [])
        with open(self.embed, "a") as file:
            file.write(late[20:])
        # A function that was not started before, and a file that was written anew.
        new = self.state.function_logs / "dynrag-one-Fetch-0123456789ABC.log"
        new.write_text(line("2026-11-29T13:00:04Z", "INFO", "fourth"))
        self.ingest.write_text(line("2026-11-29T13:00:06Z", "INFO", "sixth"))
        self.assertEqual(more(), ["fourth", "fifth", "sixth"])
        self.assertEqual(more(), [])


if __name__ == "__main__":
    unittest.main()
