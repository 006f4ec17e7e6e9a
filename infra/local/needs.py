"""What the machine must have: Debian packages, a Rust toolchain, the Python tools."""

import fcntl
import os
import shutil
import sys
from pathlib import Path

from state import CHECKOUT, cache_dir, file_hash, run
from ui import StackError, step

# Command or file that shows a package is there, and the Debian package that brings it.
PACKAGES = {
    "cc": "build-essential",
    "pkg-config": "pkg-config",
    "protoc": "protobuf-compiler",
    "/usr/include/google/protobuf/any.proto": "libprotobuf-dev",
    "openssl": "openssl",
    "psql": "postgresql-client",
    "postgres": "postgresql",
    "ensurepip": "python3-venv",
    "curl": "curl",
    "shellcheck": "shellcheck",
    "/usr/sbin/pgbouncer": "pgbouncer",
}
REQUIREMENTS = CHECKOUT / "infra" / "requirements.txt"


def postgres_bin() -> Path | None:
    """The folder of the newest PostgreSQL server's programs (Debian keeps them off the PATH)."""
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if versions:
        return max(versions, key=lambda folder: float(folder.parent.name))
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _present(probe: str) -> bool:
    if probe == "postgres":
        return postgres_bin() is not None
    if probe == "ensurepip":
        return run([_python(), "-c", "import ensurepip, venv"]).returncode == 0
    return Path(probe).exists() if probe.startswith("/") else shutil.which(probe) is not None


def _python() -> str:
    """The interpreter outside any venv."""
    return getattr(sys, "_base_executable", None) or sys.executable


def ensure_packages() -> None:
    """Installs missing Debian packages when root; otherwise says which one command to run.

    Raises StackError where that is not possible, or when cargo is missing.
    """
    with step("packages") as notes:
        missing = sorted({pkg for probe, pkg in PACKAGES.items() if not _probe_ok(probe)})
        if missing:
            command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
            if os.geteuid() != 0 or not shutil.which("apt-get"):
                raise StackError(
                    f"missing: {', '.join(missing)}. Run:\n\n    sudo {' '.join(command)}\n\n"
                    "and then this command again."
                )
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            run(["apt-get", "update", "-q"], env=quiet)
            # The stack has a cluster of its own: the package must not make one.
            _no_main_cluster()
            run(command, env=quiet)
            notes.append(f"installed {', '.join(missing)}")
        if not shutil.which("cargo"):
            raise StackError(
                "cargo is missing. Install rustup (https://rustup.rs); the toolchain itself "
                "is pinned in rust-toolchain.toml and fetched on first use."
            )
        notes.append("all present")


def _probe_ok(probe: str) -> bool:
    try:
        return _present(probe)
    except StackError:
        return False


def _no_main_cluster() -> None:
    folder = Path("/etc/postgresql-common/createcluster.d")
    if not Path("/etc/postgresql-common/createcluster.conf").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dynamic-rag.conf").write_text("create_main_cluster = false\n")


def ensure_venv(requirements: Path = REQUIREMENTS) -> Path:
    """What a requirements file names, in the cache: one venv per content of that file.

    Returns the venv's interpreter. Built beside its place and marked last, so that an
    interrupted run leaves nothing that looks finished.
    """
    base = _python()
    if sys.hexversion < 0x030B0000:
        raise StackError("Python 3.11 or newer is needed")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    venv = cache_dir() / f"venv-{version}-{file_hash(requirements)[:12]}"
    python = venv / "bin" / "python"
    if (venv / "complete").exists():
        return python
    venv.parent.mkdir(parents=True, exist_ok=True)
    with open(venv.with_name(venv.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (venv / "complete").exists():
            with step("Python tools") as notes:
                shutil.rmtree(venv, ignore_errors=True)
                run([base, "-m", "venv", venv])
                run([python, "-m", "pip", "install", "-q", "-r", requirements])
                (venv / "complete").touch()
                notes.append(str(venv))
    return python
