#!/usr/bin/env python3
"""Exec to first poll: how long a function takes from exec to asking for its first invocation.

    bench/startup/startup.py --bin-dir DIR [--starts 50]

Starts each binary against a fake Runtime API, interleaved, so that noise meets all alike. Prints the
median, its ratio to the hello-world function, and the memory held at that moment and at most.
"""

import argparse
import os
import signal
import socket
import statistics
import subprocess
import time
from pathlib import Path

HELLO = "dynrag-hello"
FUNCTIONS = (HELLO, "dynrag-documents", "dynrag-search", "dynrag-embed")


def start(binary: Path) -> tuple[float, int, int]:
    """Milliseconds from exec to the first poll, and VmRSS and VmHWM then, in kB."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        environment = {
            "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_REGION": "eu-central-1",
            "PATH": os.environ["PATH"],
        }
        server.settimeout(30)
        began = time.perf_counter()
        process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL)
        try:
            connection, _ = server.accept()
            with connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += connection.recv(4096)
                took = (time.perf_counter() - began) * 1000
                if b"/invocation/next" not in request.split(b"\r\n")[0]:
                    raise SystemExit(f"{binary.name} asked for something else: {request[:80]!r}")
                status = Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return took, int(fields["VmRSS"].split()[0]), int(fields["VmHWM"].split()[0])


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin-dir", type=Path, required=True, help="folder of the binaries")
    parser.add_argument("--starts", type=int, default=50, help="starts of each (default 50)")
    options = parser.parse_args()
    missing = [name for name in FUNCTIONS if not (options.bin_dir / name).exists()]
    if missing:
        parser.error(f"{options.bin_dir} has no {', '.join(missing)}; build with --release first")
    measured = {name: [] for name in FUNCTIONS}
    for _ in range(options.starts):
        for name in FUNCTIONS:
            measured[name].append(start(options.bin_dir / name))
    hello = statistics.median(took for took, _, _ in measured[HELLO])
    print(
        f"{'function':<18} {'median ms':>9} {'p95 ms':>7} {'ratio':>6} {'RSS MB':>7} {'peak MB':>8}"
    )
    for name, starts in measured.items():
        times = sorted(took for took, _, _ in starts)
        median = statistics.median(times)
        p95 = times[int(len(times) * 0.95) - 1]
        rss = statistics.median(rss for _, rss, _ in starts) / 1024
        peak = max(peak for _, _, peak in starts) / 1024
        print(
            f"{name:<18} {median:>9.2f} {p95:>7.2f} {median / hello:>6.2f} {rss:>7.1f} {peak:>8.1f}"
        )


if __name__ == "__main__":
    main()
