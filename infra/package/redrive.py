"""Puts work back that was given up; infra/package/redrive.sh explains."""

import argparse
import json
import re
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

# Messages received at once, at most.
BATCH = 10
SPAN = {"m": "minutes", "h": "hours", "d": "days"}


def moment(text: str) -> str:
    """`2026-11-21`, a time with its zone, or how long ago: `90m`, `12h`, `3d`."""
    ago = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if ago:
        at = datetime.now(UTC) - timedelta(**{SPAN[ago[2]]: int(ago[1])})
    else:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at.isoformat()


def outputs(cloudformation, stack: str) -> dict[str, str]:
    """The outputs of a deployment."""
    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        raise SystemExit(f"{stack}: {error.response['Error']['Message']}") from None
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def dead_letters(sqs, url: str) -> tuple[str, int]:
    """The queue's ARN, and about how many messages lie there."""
    names = ["QueueArn", "ApproximateNumberOfMessages"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return found["QueueArn"], int(found["ApproximateNumberOfMessages"])


def move_by_hand(sqs, url: str, most: int) -> int:
    """Sends messages to where they came from, then deletes them; how many.

    Where there is no redrive API, as in the emulator. One may arrive twice, none is lost. `most` keeps
    what fails again meanwhile from going round.
    """
    moved = 0
    while moved < most:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(BATCH, most - moved),
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            WaitTimeSeconds=1,
        )
        messages = answer.get("Messages", [])
        if not messages:
            break
        for message in messages:
            known = message["Attributes"]
            # Sent here by somebody's hand: it belongs nowhere else.
            if "DeadLetterQueueSourceArn" not in known:
                most -= 1
                continue
            source = known["DeadLetterQueueSourceArn"].rsplit(":", 1)[1]
            more = {"MessageGroupId": known["MessageGroupId"]} if "MessageGroupId" in known else {}
            if message.get("MessageAttributes"):
                more["MessageAttributes"] = message["MessageAttributes"]
            target = sqs.get_queue_url(QueueName=source)["QueueUrl"]
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"], **more)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def move(sqs, url: str, on_aws: bool) -> str:
    """Moves what lies in the dead-letter queue back; says what was done."""
    arn, messages = dead_letters(sqs, url)
    if messages == 0:
        return "none"
    if on_aws:
        # Without a destination each goes to the queue it came from.
        sqs.start_message_move_task(SourceArn=arn)
        return f"about {messages} are being moved; see aws sqs list-message-move-tasks --source-arn {arn}"
    return f"{move_by_hand(sqs, url, messages)} moved"


def ask(lambda_, function: str, request: dict) -> dict:
    """Invokes the function with a request; its answer."""
    payload = json.dumps({"redrive": request}).encode()
    answer = lambda_.invoke(FunctionName=function, Payload=payload)
    body = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        raise SystemExit(f"{function}: {body.get('errorMessage', body)}")
    return body


def queue_again(asked: Callable[[dict], dict], request: dict, really: bool) -> dict:
    """Counts documents and, when it is meant, queues them again, call by call."""
    found = asked({**request, "dryRun": True})
    # What fails again meanwhile ended later, and is left alone.
    request = {**request, "before": found["before"]}
    queued, more = 0, really
    while more:
        answer = asked({**request, "dryRun": False})
        queued += answer["queued"]
        more = answer["more"]
    return {"found": found["found"], "queued": queued}


def on_this_machine(name: str) -> Callable:
    """Clients of a local stack."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))
    from emulator import Emulator
    from state import State

    state = State(name)
    if not state.running("emulator"):
        raise SystemExit(f"the local stack {name} is not up; on AWS: make redrive STAGE=...")
    return Emulator(state, Path(sys.executable)).client


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="redrive.sh", description=__doc__)
    parser.add_argument("--stage", help="a deployment on AWS; without it the local stack")
    parser.add_argument("--name", default="default", help="which local stack")
    parser.add_argument("--code", action="append", help="documents that ended so; may be repeated")
    parser.add_argument("--customer", type=uuid.UUID, help="documents of this customer")
    parser.add_argument(
        "--since", type=moment, help="documents that ended since: 2026-11-21, 12h, 3d"
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--dry-run", action="store_true", help="count only; so without --yes")
    choice.add_argument("--yes", action="store_true", help="do it")
    return parser.parse_args()


def main() -> None:
    """Shows what was given up and, with --yes, puts it back."""
    given = arguments()
    client = boto3.client if given.stage else on_this_machine(given.name)
    known = outputs(client("cloudformation"), f"dynrag-{given.stage or given.name}")
    request = {
        "codes": given.code,
        "customerId": str(given.customer) if given.customer else None,
        "since": given.since,
    }
    request = {key: value for key, value in request.items() if value is not None}

    # A message does not say how its document ended: where documents are chosen, messages stay.
    if not request:
        sqs, url = client("sqs"), known["DeadLetterQueueUrl"]
        said = (
            move(sqs, url, bool(given.stage)) if given.yes else f"about {dead_letters(sqs, url)[1]}"
        )
        print(f"dead letters: {said}")
    lambda_ = client("lambda")
    done = queue_again(
        lambda asked: ask(lambda_, known["SweepFunctionName"], asked), request, given.yes
    )
    for code, documents in done["found"].items():
        print(f"{documents:8} {code}")
    if given.yes:
        print(f"{done['queued']:8} documents queued again; their jobs are sent within a minute")
    else:
        print(
            f"{sum(done['found'].values()):8} documents; nothing was changed, --yes queues them again"
        )


if __name__ == "__main__":
    main()
