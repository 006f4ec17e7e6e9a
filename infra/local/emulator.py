"""The AWS emulator (ministack) of one stack: IAM enforced, loopback only, state kept on disk."""

import hashlib
import json
import os
import shutil
import signal
import urllib.request
from pathlib import Path

from state import State, file_hash
from ui import StackError, step, wait_for

REGION = "us-east-1"
ACCOUNT = "000000000000"
SERVER = Path(__file__).with_name("emulator_server.py")


class Emulator:
    """Starts, stops and describes the emulator. Functions run as its child processes."""

    def __init__(self, state: State, python: Path):
        self.state = state
        self.python = python
        self.values = state.part("emulator")
        self.dir = state.dir / "emulator"

    @property
    def endpoint(self) -> str:
        """Where the emulator listens: an address, so that SDKs put the bucket into the path."""
        return f"http://127.0.0.1:{self.values['port']}"

    @property
    def api_base(self) -> str:
        """An address under which the gateway's URLs work with any client."""
        return f"{self.endpoint}/_aws/execute-api"

    def credentials(self) -> dict:
        """The deployer's keys, which the emulator treats as the account's root."""
        secret = self.state.secret("emulator", "secretKey")
        return {
            "aws_access_key_id": "AKIA" + hashlib.sha256(secret.encode()).hexdigest()[:16].upper(),
            "aws_secret_access_key": secret,
            "region_name": REGION,
        }

    def client(self, service: str, config=None):
        """A boto3 client of this emulator with the deployer's keys."""
        import boto3  # from the venv; not there while packages are installed

        return boto3.client(
            service, endpoint_url=self.endpoint, config=config, **self.credentials()
        )

    def up(self, persist: bool) -> None:
        """Starts the emulator, or leaves it alone when it runs with these settings and answers."""
        with step("AWS emulator") as notes:
            settings = {"persist": persist, "server": file_hash(SERVER)}
            fingerprint = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:12]
            if self.state.running("emulator", fingerprint) and self._healthy():
                notes.append("already running")
            else:
                self.down()
                self._start(fingerprint, persist)
            notes.append(self.endpoint)

    def down(self) -> bool:
        """Stops the emulator and its functions; it writes its state down first."""
        return self.state.stop("emulator", signal.SIGTERM)

    def wipe(self) -> None:
        """Forgets everything the emulator holds. Only after `down`."""
        shutil.rmtree(self.dir, ignore_errors=True)

    def keep(self, seconds: float = 30) -> None:
        """Has the emulator write its state down now, so that a crash or a reboot loses no keys."""
        pid = self.state.running("emulator")
        mark = self.dir / "kept"
        if not pid or not self.values.get("persist"):
            return
        before = mark.stat().st_mtime_ns if mark.exists() else 0
        os.kill(pid, signal.SIGUSR1)
        wait_for(
            lambda: mark.exists() and mark.stat().st_mtime_ns != before,
            "writing the emulator's state",
            seconds,
        )

    def _start(self, fingerprint: str, persist: bool) -> None:
        keys = self.credentials()
        for name in ("tmp", "state", "s3"):
            (self.dir / name).mkdir(parents=True, exist_ok=True)
        port = self.state.port("emulator")
        self.values["persist"] = persist
        on = "1" if persist else "0"
        # Everything here is inherited by the functions, so nothing else of the caller's
        # environment goes in: a function has what AWS and the template give it.
        env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.dir / "tmp"),
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": "127.0.0.1",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": keys["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": keys["aws_secret_access_key"],
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "PERSIST_STATE": on,
            "STATE_DIR": str(self.dir / "state"),
            "S3_PERSIST": on,
            "S3_DATA_DIR": str(self.dir / "s3"),
            "DYNRAG_KEPT_MARK": str(self.dir / "kept"),
            # Listeners on fixed ports, which two stacks would fight over.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
        }
        self.state.spawn(
            "emulator", [self.python, SERVER], fingerprint=fingerprint, env=env, cwd=self.dir
        )

        def ready() -> bool:
            if not self.state.running("emulator"):
                raise StackError("the emulator ended:\n" + self.state.tail("emulator"))
            return self._healthy()

        wait_for(ready, "the AWS emulator", 60)

    def _healthy(self) -> bool:
        if "port" not in self.values:
            return False
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=5) as answer:
                return json.load(answer).get("auth") == "enabled"
        except OSError:
            return False

    def verify_sender(self, address: str) -> None:
        """Has SES know an address as verified, as an operator does by a mail on AWS."""
        self.client("ses").verify_email_identity(EmailAddress=address)

    @property
    def healthy(self) -> bool:
        """Whether the emulator answers."""
        return self._healthy()
