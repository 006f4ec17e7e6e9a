"""Dependencies: those between crates are in a table, only shared/vectors knows LanceDB, none is unused."""

import json
import re
import subprocess
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
VECTOR_CRATES = ("arrow", "datafusion", "lance")
TEST_ONLY = ("dynrag-testing", "dynrag-tests")
# What each shared crate may depend on, floor by floor: domain, adapters, app, edges.
SHARED = {
    "domain": "",
    "analysis": "",
    "answers": "analysis",
    "tokenizer": "",
    "testing": "",
    "config": "domain",
    "telemetry": "config",
    "store": "domain",
    "cloud": "domain",
    "extract": "domain",
    "vectors": "analysis domain index",
    "web": "domain",
    "chunking": "domain tokenizer",
    "index": "analysis domain",
    "llm": "domain tokenizer testing web",
    "app": "cloud config domain llm store web",
    "retrieval": "app config domain llm store vectors",
    "answering": "answers app domain llm retrieval store",
    "api": "app config domain store telemetry",
    "worker": "domain telemetry",
}


def may_depend(name: str, other: str) -> bool:
    """Whether a crate of the workspace may depend on another one."""
    name, other = name.removeprefix("dynrag-"), other.removeprefix("dynrag-")
    if name in SHARED:
        return other in SHARED[name].split()
    # Functions depend on shared crates, and on no other function.
    return other in SHARED


def breaches(packages: list[dict]) -> list[str]:
    """Every dependency that a package of the workspace may not have, as `from -> to`."""
    names = {p["name"] for p in packages}
    found = []
    for package in packages:
        name = package["name"]
        for dependency in package["dependencies"]:
            other = dependency["name"]
            vectors = other.startswith(VECTOR_CRATES) and name != "dynrag-vectors"
            between = other in names and name not in TEST_ONLY and not may_depend(name, other)
            for_tests = other in TEST_ONLY and dependency["kind"] != "dev" and name not in TEST_ONLY
            if vectors or between or for_tests:
                found.append(f"{name} -> {other}")
    return found


def unused(package: dict) -> list[str]:
    """Every dependency of a package that none of its sources names, as `package -> dependency`."""
    folder = Path(package["manifest_path"]).parent
    # A crate in a folder of this one has sources of its own.
    inner = {file.parent for file in folder.rglob("Cargo.toml")} - {folder}
    files = [p for p in folder.rglob("*.rs") if not inner & {*p.parents}]
    words = set(re.findall(r"\w+", "\n".join(file.read_text() for file in files)))
    kept = (package["metadata"] or {}).get("named-elsewhere", [])
    names = {(d["rename"] or d["name"]) for d in package["dependencies"]} - {*kept}
    return [f"{package['name']} -> {name}" for name in names if name.replace("-", "_") not in words]


class Layers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        answer = subprocess.run(
            ["cargo", "metadata", "--no-deps", "--format-version", "1"],
            cwd=REPO,
            check=True,
            capture_output=True,
        )
        cls.packages = json.loads(answer.stdout)["packages"]

    def test_no_package_breaks_the_order(self):
        self.assertEqual(breaches(self.packages), [])

    def test_the_table_is_of_what_there_is(self):
        folders = {p.parent.name for p in (REPO / "shared").glob("*/Cargo.toml")}
        self.assertEqual(folders, set(SHARED))

    def test_no_dependency_is_unused(self):
        self.assertEqual([name for package in self.packages for name in unused(package)], [])

    def test_an_unused_dependency_is_noticed(self):
        (store,) = (dict(p) for p in self.packages if p["name"] == "dynrag-store")
        store["dependencies"] = [{"name": "left-over", "rename": None}]
        self.assertEqual(unused(store), ["dynrag-store -> left-over"])

    def test_a_breach_is_noticed(self):
        (store,) = (dict(p) for p in self.packages if p["name"] == "dynrag-store")
        for other, kind in (
            ("lancedb", None),
            ("arrow-array", "dev"),
            ("dynrag-auth", None),
            ("dynrag-app", None),
            ("dynrag-cloud", None),
            ("dynrag-testing", None),
        ):
            with self.subTest(other):
                changed = {**store, "dependencies": [{"name": other, "kind": kind}]}
                others = [p for p in self.packages if p["name"] != "dynrag-store"]
                self.assertIn(f"dynrag-store -> {other}", breaches([*others, changed]))


if __name__ == "__main__":
    unittest.main()
