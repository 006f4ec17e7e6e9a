"""A feature of office files: how to write it, and the expected text."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Writer = Callable[[Path], None]


class Either(tuple):
    """Alternative strings, one of which must be present."""

    __slots__ = ()


@dataclass(frozen=True)
class Feature:
    """A feature. The expectations hold for every writer and format."""

    name: str
    # Writers by table column, "writer format".
    writers: dict[str, Writer]
    # Flat XML that LibreOffice converts; if empty, it converts the file of the first writer.
    flat: str = ""
    # A string must occur anywhere; the strings of a tuple must occur on one line in this order.
    has: list[str | tuple[str, ...] | Either] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    once: list[str] = field(default_factory=list)
    # The expected headings above a text.
    path: dict[str, list[str]] = field(default_factory=dict)
    # Formats in which LibreOffice loses the feature, as seen in its files.
    lost: tuple[str, ...] = ()

    def faults(self, text: str, sections: list[dict] | None) -> list[str]:
        """The errors in a text. Headings are checked only if there are sections."""
        wrong = [f"no {wanted!r}" for wanted in self.has if not present(wanted, text)]
        wrong += [f"{unwanted!r} is there" for unwanted in self.absent if unwanted in text]
        for wanted in self.once:
            if text.count(wanted) != 1:
                wrong.append(f"{wanted!r} {text.count(wanted)} times")
        for wanted, path in self.path.items() if sections is not None else ():
            found = heading_path(wanted, text, sections)
            if found != path:
                wrong.append(f"{wanted!r} stands below {found}, not {path}")
        return wrong


def present(wanted: str | tuple[str, ...] | Either, text: str) -> bool:
    """Whether a text contains this."""
    if isinstance(wanted, Either):
        return any(one in text for one in wanted)
    if isinstance(wanted, str):
        return wanted in text
    return any(follow(wanted, line) for line in text.splitlines())


def follow(wanted: tuple[str, ...], line: str) -> bool:
    """Whether a line contains all of these in order."""
    at = 0
    for one in wanted:
        found = line.find(one, at)
        if found < 0:
            return False
        at = found + len(one)
    return True


def heading_path(wanted: str, text: str, sections: list[dict]) -> list[str] | None:
    """The headings above a text. Sections start at byte offsets."""
    if wanted not in text:
        return None
    at = len(text[: text.index(wanted)].encode())
    before = [section for section in sections if section["start"] <= at]
    return before[-1].get("headingPath") if before else []
