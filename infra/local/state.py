"""Where a stack keeps what it must remember: ports, secrets, and the processes it started."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

from ui import StackError, say

CHECKOUT = Path(__file__).resolve().parents[2]


def cache_dir() -> Path:
    """The folder of downloads and tools, shared by all checkouts and stacks of this user."""
    given = os.environ.get("DYNRAG_CACHE")
    if given:
        return Path(given).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dynamic-rag"


def file_hash(*paths: Path) -> str:
    """SHA-256 over the names and contents of files, in the order given; hex."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def free_port(remembered: int | None) -> int:
    """The remembered loopback port when nothing listens there, else one the system picks."""
    for port in filter(None, (remembered, 0)) if remembered else (0,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    return free_port(None)


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _process(pid: int) -> tuple[int, int] | None:
    """(start time in ticks since boot, session id) of a live process; None when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else (int(fields[19]), int(fields[3]))


@contextlib.contextmanager
def no_interrupt():
    """Holds Ctrl-C back until the block is done: a process started is always written down."""
    pending = []
    before = signal.signal(signal.SIGINT, lambda *_: pending.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pending:
            raise KeyboardInterrupt


class State:
    """One stack's folder: `state.json` (mode 0600), `logs/`, `run/` and the parts' own data."""

    def __init__(self, name: str):
        root = os.environ.get("DYNRAG_STATE")
        self.name = name
        self.dir = (Path(root).resolve() if root else CHECKOUT / ".local") / name
        self.logs = self.dir / "logs"
        self.function_logs = self.logs / "functions"
        self._file = self.dir / "state.json"
        self.data: dict = {}
        if self._file.exists():
            self.data = json.loads(self._file.read_text())

    def make(self) -> None:
        """Creates the folders."""
        for folder in (self.dir, self.logs, self.function_logs):
            folder.mkdir(parents=True, exist_ok=True)

    def save(self) -> None:
        """Writes state.json, whole or not at all."""
        self.make()
        temporary = self._file.with_suffix(".tmp")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(self.data, out, indent=2)
        temporary.replace(self._file)

    def part(self, name: str) -> dict:
        """The remembered values of one part of the stack; change it, then `save()`."""
        return self.data.setdefault(name, {})

    def secret(self, part: str, key: str) -> str:
        """A random secret, made on first use and remembered."""
        values = self.part(part)
        if key not in values:
            values[key] = secrets.token_urlsafe(24)
            self.save()
        return values[key]

    def port(self, part: str) -> int:
        """Picks the part's port: the remembered one when it is free. Call before starting it."""
        values = self.part(part)
        values["port"] = free_port(values.get("port"))
        self.save()
        return values["port"]

    @contextlib.contextmanager
    def lock(self):
        """Keeps a second `up`, `down` or `destroy` of this stack waiting until this one is done."""
        self.make()
        with open(self.dir / "lock", "a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                say(f"    waiting for process {file.read().strip()}, which works on this stack")
                fcntl.flock(file, fcntl.LOCK_EX)
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            if self._file.exists():
                self.data = json.loads(self._file.read_text())
            yield

    # Processes. A pid alone may by now belong to somebody else: the boot and the
    # start time say whether it is still the process this stack started.

    def running(self, part: str, fingerprint: str | None = None) -> int | None:
        """The pid of the part's process when it is alive, and started with this fingerprint."""
        record = self.part(part).get("process")
        if not record or record["boot"] != _boot_id():
            return None
        found = _process(record["pid"])
        if not found or found[0] != record["started"]:
            return None
        if fingerprint is not None and record["fingerprint"] != fingerprint:
            return None
        return record["pid"]

    def spawn(self, part: str, argv: list, fingerprint: str = "", env=None, **options) -> int:
        """Starts a part in its own session, output appended to `logs/<part>.log`; returns its pid."""
        with no_interrupt(), open(self.logs / f"{part}.log", "ab") as log:
            child = subprocess.Popen(
                [str(arg) for arg in argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=env,
                **options,
            )
            found = _process(child.pid)
            self.part(part)["process"] = {
                "pid": child.pid,
                "started": found[0] if found else 0,
                "boot": _boot_id(),
                "fingerprint": fingerprint,
            }
            self.save()
        return child.pid

    def stop(self, part: str, sig: int = signal.SIGTERM, seconds: float = 20) -> bool:
        """Stops the part's process and whatever it left in its session; True when it was alive."""
        record = self.part(part).get("process")
        if not record or record["boot"] != _boot_id():
            return False
        pid = record["pid"]
        alive = self.running(part) is not None
        leader = _process(pid)
        if leader and not alive:
            return False  # the pid belongs to somebody else now
        if alive:
            os.kill(pid, sig)
            deadline = time.monotonic() + seconds
            while self.running(part) and time.monotonic() < deadline:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
                time.sleep(0.05)
        # Functions outlive an emulator that was killed. While one of them is left, its
        # session id, the leader's pid, cannot be given to a new process.
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                found = _process(int(entry.name))
                if found and found[1] == pid:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(entry.name), signal.SIGKILL)
        del self.part(part)["process"]
        self.save()
        return alive

    def tail(self, part: str, lines: int = 15) -> str:
        """The last lines of a part's log, for an error message."""
        log = self.logs / f"{part}.log"
        if not log.exists():
            return ""
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def run(argv: list, **options) -> subprocess.CompletedProcess:
    """Runs a command to its end; StackError with the tail of its output when it fails."""
    argv = [str(arg) for arg in argv]
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.STDOUT)
    done = subprocess.run(argv, text=True, errors="replace", check=False, **options)
    if done.returncode:
        tail = "\n".join((done.stdout or "").splitlines()[-25:])
        raise StackError(f"`{' '.join(argv[:6])}` ended with code {done.returncode}\n{tail}")
    return done
