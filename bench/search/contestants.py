"""What takes part: processes that get orders, and the store that they keep their tables in."""

import json
import re
import subprocess
import sys
import urllib.request
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
MODES = ("vector", "text", "hybrid")
MIB = 1 << 20


class Store(AbstractContextManager):
    """The store of store.py, in a process of its own."""

    def __init__(self, folder: Path, delay: float):
        folder.mkdir()
        self._process = subprocess.Popen(
            [sys.executable, HERE / "store.py", folder, str(delay)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.endpoint = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def taken(self) -> dict:
        """What was asked since the last time."""
        request = urllib.request.Request(f"{self.endpoint}/-/taken", method="POST")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def __exit__(self, *_) -> None:
        self._process.kill()
        self._process.wait()


class Worker(AbstractContextManager):
    """A process that takes orders."""

    def __init__(self, command: list, log: Path):
        self._log = log
        environment = {
            "PATH": "/usr/bin:/bin",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        with open(log, "a") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
            )

    def order(self, what: str, **fields) -> dict:
        """Has an order carried out; the answer has its milliseconds."""
        print(json.dumps({"do": what, **fields}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args} ended:\n{self._log.read_text()[-3000:]}")
        return json.loads(line)

    def memory(self) -> float:
        """The most MiB that were resident."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def __exit__(self, *_) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


@dataclass
class Contestant:
    """An engine, and what it can do."""

    name: str
    command: list
    modes: tuple[str, ...] = MODES
    # Whether its tables are in the store. If not, only one process may have its folder open.
    has_store: bool = True
    least_rows: int = 0
    # Whether its segments are merged once more after the last document.
    merged: bool = False


def contestants(search: Path) -> list[Contestant]:
    """All of them."""
    peer = [sys.executable, "-W", "ignore", "-B", HERE / "peer.py"]
    return [
        Contestant("ours", [search]),
        Contestant("ours-merged", [search], merged=True),
        Contestant("lance-flat", [*peer, "lance-flat"]),
        # It takes at least 256 rows to train a list.
        Contestant("lance-rq", [*peer, "lance-rq"], least_rows=5_000),
        Contestant("chroma", [*peer, "chroma"], modes=("vector",), has_store=False),
    ]
