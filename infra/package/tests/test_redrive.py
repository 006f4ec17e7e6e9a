"""Redriving: nothing without --yes, nothing round and round, and messages back where they came from."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import redrive


class Queues:
    """Queues as SQS has them, as far as redriving sees them. What is sent to `hot` dies at once."""

    def __init__(self, dead):
        self.dead = [
            {
                "Body": body,
                "ReceiptHandle": body,
                "Attributes": {
                    "DeadLetterQueueSourceArn": f"arn:aws:sqs:r:1:{queue}",
                    "MessageGroupId": "customer",
                },
            }
            for queue, body in dead
        ]
        self.sent = []
        self.tasks = []

    def get_queue_attributes(self, **_):
        found = {"QueueArn": "arn:dead", "ApproximateNumberOfMessages": str(len(self.dead))}
        return {"Attributes": found}

    def receive_message(self, MaxNumberOfMessages, **_):
        return {"Messages": self.dead[:MaxNumberOfMessages]}

    def get_queue_url(self, QueueName):
        return {"QueueUrl": f"http://{QueueName}"}

    def send_message(self, **message):
        self.sent.append((message["QueueUrl"], message["MessageBody"], message["MessageGroupId"]))
        if message["QueueUrl"] == "http://hot":
            self.dead.append(dict(self.dead[0], ReceiptHandle=f"again {len(self.sent)}"))

    def delete_message(self, ReceiptHandle, **_):
        self.dead = [m for m in self.dead if m["ReceiptHandle"] != ReceiptHandle]

    def start_message_move_task(self, SourceArn):
        self.tasks.append(SourceArn)


class Messages(unittest.TestCase):
    def test_each_goes_back_where_it_came_from(self):
        sqs = Queues([("ingest", f"job {n}") for n in range(12)] + [("tasks", "mail")])
        self.assertEqual(redrive.move(sqs, "http://dead", False), "13 moved")
        self.assertEqual(sqs.dead, [])
        self.assertIn(("http://tasks", "mail", "customer"), sqs.sent)
        self.assertEqual(len(sqs.sent), 13)

    def test_what_dies_again_does_not_go_round(self):
        sqs = Queues([("hot", "poison")])
        self.assertEqual(redrive.move(sqs, "http://dead", False), "1 moved")
        self.assertEqual(len(sqs.sent), 1)

    def test_on_aws_it_is_a_task(self):
        sqs = Queues([("ingest", "job")])
        self.assertIn("about 1 ", redrive.move(sqs, "http://dead", True))
        self.assertEqual((sqs.tasks, sqs.sent), (["arn:dead"], []))
        self.assertEqual(redrive.move(Queues([]), "http://dead", True), "none")


class Documents(unittest.TestCase):
    def setUp(self):
        self.asked = []
        self.left = 1200

    def answer(self, request):
        self.asked.append(request)
        found = {"attempts_exhausted": self.left}
        queued = 0 if request["dryRun"] else min(500, self.left)
        self.left -= queued
        more = not request["dryRun"] and self.left > 0
        return {"found": found, "queued": queued, "more": more, "before": "now"}

    def test_nothing_is_queued_unless_it_is_meant(self):
        done = redrive.queue_again(self.answer, {"codes": ["x"]}, False)
        self.assertEqual(done, {"found": {"attempts_exhausted": 1200}, "queued": 0})
        self.assertEqual(self.asked, [{"codes": ["x"], "dryRun": True}])

    def test_it_goes_on_until_all_are_queued_and_takes_no_later_ones(self):
        done = redrive.queue_again(self.answer, {}, True)
        self.assertEqual(done["queued"], 1200)
        self.assertEqual([request["dryRun"] for request in self.asked], [True, False, False, False])
        self.assertTrue(all(request["before"] == "now" for request in self.asked[1:]))


class Moments(unittest.TestCase):
    def test_days_times_and_spans(self):
        self.assertEqual(redrive.moment("2026-11-21"), "2026-11-21T00:00:00+00:00")
        self.assertEqual(redrive.moment("2026-11-21T10:00:00+01:00"), "2026-11-21T10:00:00+01:00")
        self.assertLess(redrive.moment("3d"), redrive.moment("12h"))
        for bad in ("yesterday", "3w", ""):
            self.assertRaises(ValueError, redrive.moment, bad)


if __name__ == "__main__":
    unittest.main()
