"""Every dependency between crates is one of a table, and only shared/vectors knows LanceDB and Arrow."""

import json
import subprocess
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
VECTOR_CRATES = ("arrow", "datafusion", "lance")
TEST_ONLY = ("dynrag-testing", "dynrag-tests")
# What each shared crate may depend on, floor by floor: domain, adapters, app, edges.
SHARED = {
    "domain": "",
    "tokenizer": "",
    "testing": "",
    "config": "domain",
    "telemetry": "config",
    "store": "domain",
    "cloud": "domain",
    "extract": "domain",
    "vectors": "domain",
    "web": "domain",
    "chunking": "domain tokenizer",
    "llm": "domain tokenizer testing",
    "app": "cloud config domain llm store web",
    "retrieval": "app config domain llm store vectors",
    "api": "app cloud config domain store telemetry",
    "worker": "domain telemetry",
}
# Functions depend on shared crates, and on no other function but here.
FUNCTIONS = {"events": "documents"}


def may_depend(name: str, other: str) -> bool:
    """Whether a crate of the workspace may depend on another one."""
    name, other = name.removeprefix("dynrag-"), other.removeprefix("dynrag-")
    if name in SHARED:
        return other in SHARED[name].split()
    return other in SHARED or other in FUNCTIONS.get(name, "").split()


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
