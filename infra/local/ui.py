"""Says what the stack is doing and how long each step took."""

import contextlib
import sys
import time


class StackError(Exception):
    """A failure the reader can act on; its text says what to do."""


def say(text: str = "") -> None:
    """Prints a line at once, so that a pipe shows progress too."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Prints a line to stderr."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(title: str):
    """Prints `title`, runs the block and prints what it noted and how long it took, in seconds.

    Yields a list: what the block appends to it is shown on the closing line.
    """
    say(f"==> {title}")
    began = time.monotonic()
    notes: list[str] = []
    try:
        yield notes
    except BaseException:
        say(f"    {title}: failed after {time.monotonic() - began:.1f} s")
        raise
    note = "; ".join(notes) or "done"
    say(f"    {note} ({time.monotonic() - began:.1f} s)")


def wait_for(condition, what: str, seconds: float, every: float = 0.1):
    """Calls `condition` until it returns something true, and returns that.

    Raises StackError naming `what` when `seconds` have passed.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise StackError(f"{what}: not ready after {seconds:.0f} s")
        time.sleep(every)
