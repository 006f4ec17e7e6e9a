"""What a turn costs: CPU and memory of process trees from /proc, and requests to S3 through a proxy."""

import asyncio
import os
import re
import threading
import time
from collections import Counter
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
# Between two looks at the memory.
LOOK = 0.01


def children(pid: int) -> list[int]:
    """The live children of a process."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for at in found:
        found += children(at)
    return found


def cpu(pid: int) -> float:
    """Seconds of CPU, user and system, of a process and its descendants, the ended ones too."""
    ticks = 0
    for member in tree(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / TICK


def resident(pid: int) -> int:
    """Bytes in memory of a process; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0


def proportional(pid: int) -> int:
    """The same, a page that n processes share counted as 1/n."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


class Memory:
    """Looks at a process tree's memory while it works, and keeps the most it saw."""

    def __init__(self, pid: int):
        self.pid = pid
        # Sum of what each holds; the same with shared pages counted once; the first process alone.
        self.peak = self.shared_once = self.alone = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK):
            members = tree(self.pid)
            held = sum(map(resident, members))
            self.alone = max(self.alone, resident(self.pid))
            # Looking closer takes the process's own time.
            if held > self.peak * 1.02:
                self.peak = held
                self.shared_once = max(self.shared_once, sum(map(proportional, members)))


class Counted:
    """A proxy before the emulator that counts the requests to S3, by bucket and method."""

    HEAD = re.compile(rb"^([A-Z]+) (\S+) ")
    LENGTH = re.compile(rb"(?im)^content-length: *(\d+)")

    def __init__(self, port: int):
        self.to = port
        self.counts: Counter = Counter()
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self.port = self._loop.run_until_complete(self._listen())
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends it, and the connections that somebody keeps."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def taken(self) -> Counter:
        """(bucket, method) → requests since the last time."""
        # What is under way is an answer that somebody waits for, so nothing is.
        counts, self.counts = self.counts, Counter()
        return counts

    async def _listen(self) -> int:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = server
        return server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        for kept in self._open:
            kept.close()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    async def _serve(self, client, answers) -> None:
        upstream, requests = await asyncio.open_connection("127.0.0.1", self.to)
        self._open |= {answers, requests}
        back = asyncio.ensure_future(self._copy(upstream, answers))
        try:
            while head := await self._head(client):
                self._count(head)
                requests.write(head)
                length = self.LENGTH.search(head)
                if not length and b"chunked" in head.lower():
                    raise SystemExit(f"a body without a length: {head[:200]!r}")
                left = int(length[1]) if length else 0
                while left:
                    data = await client.read(min(left, 1 << 18))
                    if not data:
                        return
                    left -= len(data)
                    requests.write(data)
                await requests.drain()
        except ConnectionError:
            pass
        finally:
            requests.close()
            await back
            self._open -= {answers, requests}

    @staticmethod
    async def _head(client) -> bytes:
        try:
            return await client.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""

    @staticmethod
    async def _copy(source, target) -> None:
        try:
            while data := await source.read(1 << 18):
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass
        finally:
            target.close()

    def _count(self, head: bytes) -> None:
        if b"/s3/aws4_request" not in head:
            return
        method, path = (part.decode() for part in self.HEAD.match(head).groups())
        path, _, query = path.partition("?")
        bucket, _, key = path.lstrip("/").partition("/")
        if method == "GET" and not key:
            method = "LIST"
        elif method == "POST" and query.partition("=")[0] == "delete":
            method = "DELETE"
        self.counts[bucket, method] += 1


class Processes:
    """The CPU of named process trees between two moments."""

    def __init__(self, pids: dict[str, int]):
        self.pids = pids
        self.began = time.perf_counter()
        self.before = {name: cpu(pid) for name, pid in pids.items()}

    def spent(self) -> dict[str, float]:
        """Seconds of each since then."""
        return {name: cpu(pid) - self.before[name] for name, pid in self.pids.items()}
