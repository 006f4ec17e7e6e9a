"""Runs ministack with two changes: it writes its state down on SIGUSR1, and waits for no log lines.

Otherwise it saves only when it ends in an orderly way, and after each invocation it gives the
function 50 ms for a first line of output. Ours write to files, so that there never is one.
"""

import os
import signal
from pathlib import Path

from ministack import app
from ministack.core.lambda_runtime import ProvidedWorker


def keep(*_) -> None:
    """Saves the state of all services; the mark's new time tells the caller that it is done."""
    app.save_all(app._build_persistence_save_dict())
    Path(os.environ["DYNRAG_KEPT_MARK"]).touch()


if __name__ == "__main__":
    ProvidedWorker._drain_stderr_bounded = lambda worker, **_: worker._drain_stderr()
    signal.signal(signal.SIGUSR1, keep)
    app.main()
