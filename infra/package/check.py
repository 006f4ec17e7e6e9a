"""Holds the built functions to budgets.toml: size zipped and unzipped, and the glibc they need.

Reads the template that `sam build` wrote, so that what is measured is what will be deployed. Writes
one zip per binary beside it and prints a table; exits with 1 when anything is refused.
"""

import argparse
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

MB = 1_000_000


def functions(template: dict) -> dict[str, list[tuple[str, dict]]]:
    """Binary → the functions that run it, as (logical id, properties)."""
    groups: dict[str, list[tuple[str, dict]]] = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            binary = resource["Metadata"]["BuildProperties"]["Binary"]
            groups.setdefault(binary, []).append((name, resource["Properties"]))
    return groups


def unzipped(folder: Path) -> int:
    """Bytes of all files below `folder`."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def zip_folder(folder: Path, target: Path) -> int:
    """Zips `folder`, the same bytes for the same content; returns the zip's size."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                entry = zipfile.ZipInfo(str(file.relative_to(folder)), (2020, 1, 1, 0, 0, 0))
                entry.external_attr = (file.stat().st_mode & 0o777) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, file.read_bytes())
    return target.stat().st_size


def glibc_needed(binary: Path) -> tuple[int, ...]:
    """The newest glibc whose symbols an ELF file asks for; (0,) for a static one.

    Packed relative relocations (DT_RELR) count as 2.36, the first loader that applies them.
    """
    listing = subprocess.run(
        ["readelf", "--wide", "--version-info", "--dynamic", binary],
        check=True,
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/local/bin"},
    ).stdout
    needed = [
        tuple(int(part) for part in version.split("."))
        for version in re.findall(r"\bGLIBC_(\d+(?:\.\d+)+)\b", listing)
    ]
    if "GLIBC_ABI_DT_RELR" in listing or "(RELR)" in listing:
        needed.append((2, 36))
    return max(needed, default=(0,))


def verdict(binary: str, sizes: dict, glibc: tuple[int, ...], budgets: dict) -> tuple[list, list]:
    """(what is refused, what is only remarked on) of one binary; sizes in bytes."""
    budget = budgets["heavy" if binary in budgets["heavy"]["binaries"] else "light"]
    refused, remarked = [], []
    whole = sizes["unzipped"] + sizes["layers"]
    if whole > budgets["lambda_unzipped"] * MB:
        refused.append(f"{whole / MB:.1f} MB unzipped with its layers; Lambda takes 250 MiB")
    for what, size in (("zipped", sizes["zipped"]), ("unzipped", whole)):
        if size > budget[f"limit_{what}"] * MB:
            refused.append(f"{size / MB:.1f} MB {what}; its limit is {budget[f'limit_{what}']} MB")
        elif size > budget.get(f"goal_{what}", budget[f"limit_{what}"]) * MB:
            remarked.append(f"{size / MB:.1f} MB {what}; the goal is {budget[f'goal_{what}']} MB")
    runtime = tuple(int(part) for part in budgets["glibc"].split("."))
    if glibc > runtime:
        refused.append(
            f"needs glibc {'.'.join(map(str, glibc))}; the runtime has {budgets['glibc']}"
        )
    return refused, remarked


def layers_of(properties: dict, template: dict, build: Path) -> list[Path]:
    """Folders of the template's own layers that a function names."""
    folders = []
    for layer in properties.get("Layers", []):
        if isinstance(layer, dict) and "Ref" in layer:
            uri = template["Resources"][layer["Ref"]]["Properties"]["ContentUri"]
            folders.append((build / uri).resolve())
    return folders


def main() -> int:
    """Checks every binary; 1 when one is refused."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("build", type=Path, help="the folder `sam build` wrote")
    options.add_argument("--budgets", type=Path, default=Path(__file__).with_name("budgets.toml"))
    given = options.parse_args()
    budgets = tomllib.loads(given.budgets.read_text())
    template = yaml_parse((given.build / "template.yaml").read_text())
    zips = given.build.parent / "zips"
    zips.mkdir(exist_ok=True)

    print(
        f"{'binary':<20}{'functions':>10}{'zipped':>9}{'unzipped':>10}{'layers':>9}  glibc   (MB)"
    )
    faults = []
    for binary, members in sorted(functions(template).items()):
        folder = given.build / members[0][1]["CodeUri"]
        bootstrap = folder / "bootstrap"
        if not bootstrap.is_file():
            faults.append(f"{binary}: {bootstrap} is not there")
            continue
        layers = {
            path
            for _, properties in members
            for path in layers_of(properties, template, given.build)
        }
        faults += [f"{binary}: its layer {path} is empty" for path in layers if unzipped(path) == 0]
        sizes = {
            "zipped": zip_folder(folder, zips / f"{binary}.zip"),
            "unzipped": unzipped(folder),
            "layers": sum(unzipped(path) for path in layers),
        }
        libraries = [file for path in layers for file in path.rglob("*.so")]
        glibc = max(glibc_needed(file) for file in [bootstrap, *libraries])
        refused, remarked = verdict(binary, sizes, glibc, budgets)
        print(
            f"{binary:<20}{len(members):>10}{sizes['zipped'] / MB:>9.1f}{sizes['unzipped'] / MB:>10.1f}"
            f"{sizes['layers'] / MB:>9.1f}  {'.'.join(map(str, glibc))}"
        )
        for remark in remarked:
            print(f"  note: {remark}")
        faults += [f"{binary}: {fault}" for fault in refused]
    for fault in faults:
        print(f"REFUSED {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
