"""Runs ministack with four changes.

- It writes its state down on SIGUSR1, not only when it ends in an orderly way.
- It waits for no log lines: after each invocation it would give the function 50 ms for a first line of
  output. Ours write to files, so that there never is one.
- Idle functions cost nothing: it would look twenty times a second, for each that was ever started, whether
  there is an event for it or whether it is to end.
- Events reach functions at once: it sends the head and the body of an event in two packets, and the second
  would wait 40 ms for the acknowledgement of the first.
"""

import contextlib
import os
import queue
import signal
import socket
import socketserver
from pathlib import Path
from types import SimpleNamespace

from ministack import app
from ministack.core import lambda_runtime


class PatientQueue(queue.Queue):
    """The events of a function. The thread that waits for one ends within a minute after its function."""

    def get(self, block=True, timeout=None):
        """Waits at least a minute instead of a tenth of a second."""
        return super().get(block, None if timeout is None else max(timeout, 60))


class PatientServer(socketserver.ThreadingTCPServer):
    """The Runtime API of a function, which is told to end instead of looking for it."""

    def serve_forever(self, poll_interval=3600):
        """Waits for connections alone."""
        super().serve_forever(3600)

    def shutdown(self):
        """Ends `serve_forever`, which a connection wakes."""
        self._BaseServer__shutdown_request = True
        with contextlib.suppress(OSError):
            socket.create_connection(self.server_address, timeout=1).close()
        super().shutdown()


def keep(*_) -> None:
    """Saves the state of all services; the mark's new time tells the caller that it is done."""
    app.save_all(app._build_persistence_save_dict())
    Path(os.environ["DYNRAG_KEPT_MARK"]).touch()


if __name__ == "__main__":
    lambda_runtime.ProvidedWorker._drain_stderr_bounded = lambda worker, **_: worker._drain_stderr()
    lambda_runtime.queue = SimpleNamespace(Queue=PatientQueue, Empty=queue.Empty, Full=queue.Full)
    socketserver.ThreadingTCPServer = PatientServer
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    signal.signal(signal.SIGUSR1, keep)
    app.main()
