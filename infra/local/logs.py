"""The logs of one stack as a single one: in the order of time, filtered, readable."""

import contextlib
import json
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from state import State
from ui import StackError, say

# From the least to the worst.
LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
# What services that write plain text call them.
SYNONYMS = {
    "WARNING": "WARN",
    "LOG": "INFO",
    "FATAL": "ERROR",
    "PANIC": "ERROR",
    "CRITICAL": "ERROR",
}
SPAN = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# Seconds between two looks while following.
LOOK = 0.3

TIME = r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)?)"
PLAIN = re.compile(rf"^{TIME}( UTC)?\s*(.*)$")
WORD = re.compile(r"\b(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|LOG|FATAL|PANIC|CRITICAL)\b:?\s*")


@dataclass
class Line:
    """A line of a log. `at` and `level` are None where the line does not say."""

    source: str
    raw: str
    at: datetime | None = None
    level: str | None = None
    message: str = ""
    fields: dict = field(default_factory=dict)
    is_json: bool = False


def source_of(file: Path, stack: str) -> str:
    """`dynrag-default-IngestDocument-5625686DC0CF1.log` → `IngestDocument`."""
    return re.sub(rf"^dynrag-{re.escape(stack)}-|-[0-9A-F]{{8,}}$", "", file.stem)


def parse(source: str, raw: str) -> Line:
    """Reads a line of JSON, or of plain text that may begin with a time and a level."""
    raw = raw.rstrip("\r\n")
    if raw.startswith("{"):
        with contextlib.suppress(ValueError):
            known = json.loads(raw)
            line = Line(source, raw, is_json=True)
            line.at = _moment(str(known.pop("timestamp", "")))
            level = str(known.pop("level", "")).upper()
            line.level = SYNONYMS.get(level, level) or None
            line.message = str(known.pop("message", ""))
            span = known.pop("span", None)
            if isinstance(span, dict):
                span.pop("name", None)
                known = {**known, **span}
            line.fields = known
            return line
    line = Line(source, raw, message=raw)
    found = PLAIN.match(raw)
    if found:
        line.at = _moment(found[1] + ("+00:00" if found[2] else ""))
        line.message = found[3]
    level = WORD.search(line.message[:60])
    if level:
        line.level = SYNONYMS.get(level[1], level[1])
        line.message = line.message[: level.start()] + line.message[level.end() :]
    return line


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    # A time without a zone is this machine's.
    return at.astimezone(UTC)


def since(text: str) -> datetime:
    """`30s`, `10m`, `2h`, `1d` ago, or a time; without a zone it is this machine's."""
    ago = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if ago:
        return datetime.now(UTC) - timedelta(**{SPAN[ago[2]]: int(ago[1])})
    at = _moment(text)
    if at is None:
        raise StackError(
            f"since: 30s, 10m, 2h, 1d or a time such as 2026-11-21T09:30, not {text!r}"
        )
    return at


@dataclass
class Filter:
    """Which lines are shown. What is None does not matter."""

    level: str | None = None
    request: str | None = None
    customer: str | None = None
    since: datetime | None = None

    def may_match(self, raw: str) -> bool:
        """Whether the line is worth parsing."""
        return all(
            wanted is None or wanted.lower() in raw.lower()
            for wanted in (self.request, self.customer)
        )

    def matches(self, line: Line) -> bool:
        """Whether the line is to be shown. A line without a level has none that is bad enough."""
        if not self.may_match(line.raw):
            return False
        if self.level:
            known = line.level if line.level in LEVELS else None
            if known is None or LEVELS.index(known) < LEVELS.index(self.level):
                return False
        return self.since is None or (line.at is not None and line.at >= self.since)


def level(text: str) -> str:
    """The name of a level in whatever case; StackError for another word."""
    found = SYNONYMS.get(text.upper(), text.upper())
    if found not in LEVELS:
        raise StackError(f"level: one of {', '.join(LEVELS)}, not {text!r}")
    return found


def short(line: Line) -> str:
    """One readable line: time, level, where, what, and the fields that are set."""
    at = line.at.strftime("%H:%M:%S.%f")[:-3] if line.at else " " * 12
    fields = [f"{k}={_value(v)}" for k, v in line.fields.items() if v is not None]
    words = [at, f"{line.level or '':5}", f"{line.source:20}", line.message, *fields]
    return " ".join(words).rstrip()


def _value(value) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if re.search(r"[\s=\"]", value) else value
    return json.dumps(value, ensure_ascii=False)


def as_json(line: Line) -> str:
    """The line as it is written; plain text becomes an object."""
    if line.is_json:
        return line.raw
    return json.dumps({"source": line.source, "message": line.raw}, ensure_ascii=False)


class Tail:
    """A file that grows: what is in it, and then what is added."""

    def __init__(self, file: Path, source: str):
        self.file = file
        self.source = source
        self.position = 0
        self.rest = b""
        self.at: datetime | None = None

    def read(self, wanted: Filter) -> Iterator[Line]:
        """Matching lines that were added since the last call; one that is not ended waits."""
        try:
            with open(self.file, "rb") as file:
                file.seek(0, 2)
                if file.tell() < self.position:
                    # Written anew.
                    self.position, self.rest = 0, b""
                file.seek(self.position)
                for raw in file:
                    self.position += len(raw)
                    raw = self.rest + raw
                    if not raw.endswith(b"\n"):
                        self.rest = raw
                        continue
                    self.rest = b""
                    line = self._line(raw.decode(errors="replace"), wanted)
                    if line:
                        yield line
        except FileNotFoundError:
            return

    def _line(self, raw: str, wanted: Filter) -> Line | None:
        if not raw.strip() or not wanted.may_match(raw):
            return None
        line = parse(self.source, raw)
        # What has no time belongs to the line before it.
        line.at = self.at = line.at or self.at
        return line if wanted.matches(line) else None


def merged(lines: Iterable[Line]) -> list[Line]:
    """In the order of time; lines of the same time stay as they were, those without one come first."""
    return sorted(lines, key=lambda line: line.at or datetime.min.replace(tzinfo=UTC))


class Logs:
    """All logs of a stack whose name has a part, first as they are and then as they grow."""

    def __init__(self, state: State, part: str | None):
        self.state = state
        self.part = (part or "").lower()
        self.tails: dict[Path, Tail] = {}
        self._find()
        if not self.tails:
            raise StackError(f"no log in {state.logs} has that name")

    def _find(self) -> None:
        for folder in (self.state.logs, self.state.function_logs):
            for file in folder.glob("*.log"):
                source = source_of(file, self.state.name)
                if file not in self.tails and self.part in source.lower():
                    self.tails[file] = Tail(file, source)

    def first(self, wanted: Filter, most: int) -> list[Line]:
        """The last matching lines of each file, in one order."""
        found: list[Line] = []
        for tail in self.tails.values():
            found += deque(tail.read(wanted), maxlen=most)
        return merged(found)

    def next(self, wanted: Filter) -> list[Line]:
        """What was added since, also in files that are new."""
        self._find()
        return merged(line for tail in self.tails.values() for line in tail.read(wanted))


def show(state: State, options) -> None:
    """Prints what the options ask for, and goes on with `--follow` until Ctrl-C."""
    wanted = Filter(
        level=level(options.level) if options.level else None,
        request=options.request or None,
        customer=options.customer or None,
        since=since(options.since) if options.since else None,
    )
    form = as_json if options.json else short
    logs = Logs(state, options.function)
    # Who says since when wants all of it.
    most = None if options.since else options.lines
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        for line in logs.first(wanted, most):
            say(form(line))
        while options.follow:
            time.sleep(LOOK)
            for line in logs.next(wanted):
                say(form(line))
