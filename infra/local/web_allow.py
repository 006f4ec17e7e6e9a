"""Addresses that are requested although they are not public: a local n8n, pages on this machine.

What `make up WEB_ALLOW=...` was told is kept with the stack, so that `make up` and `make demo` without it
change nothing.
"""

import re

from state import State
from ui import StackError

PAIR = re.compile(r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})$")


def parameters(given: str | None, state: State) -> dict[str, str]:
    """The template's parameter: what is given, kept for the next time; else what was kept.

    StackError for anything but `host:port` pairs.
    """
    values = state.part("deployment")
    if given is not None:
        values["webAllow"] = checked(given)
        state.save()
    return {"WebAllow": remembered(state)}


def remembered(state: State) -> str:
    """What was given last; empty when nothing was."""
    return state.part("deployment").get("webAllow", "")


def checked(given: str) -> str:
    """The pairs without spaces between them."""
    pairs = [pair.strip() for pair in given.split(",") if pair.strip()]
    for pair in pairs:
        found = PAIR.match(pair)
        if not found or not 1 <= int(found[2]) <= 65535:
            raise StackError(f"WEB_ALLOW wants host:port,host:port, not {pair!r}")
    return ",".join(pairs)
