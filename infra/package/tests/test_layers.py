"""Dependencies point one way, and only shared/vectors knows LanceDB and Arrow."""

import json
import subprocess
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
VECTOR_CRATES = ("arrow", "datafusion", "lance")
TEST_ONLY = ("dynrag-testing", "dynrag-tests")


def breaches(packages: list[dict]) -> list[str]:
    """Every dependency that a package of the workspace may not have, as `from -> to`."""
    place = {
        p["name"]: Path(p["manifest_path"]).parent.relative_to(REPO).parts[0] for p in packages
    }
    found = []
    for package in packages:
        name = package["name"]
        for dependency in package["dependencies"]:
            other = dependency["name"]
            vectors = other.startswith(VECTOR_CRATES) and name != "dynrag-vectors"
            upwards = place[name] == "shared" and place.get(other, "shared") != "shared"
            for_tests = other in TEST_ONLY and dependency["kind"] != "dev" and name not in TEST_ONLY
            if vectors or upwards or for_tests:
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

    def test_a_breach_is_noticed(self):
        (store,) = (dict(p) for p in self.packages if p["name"] == "dynrag-store")
        for other, kind in (
            ("lancedb", None),
            ("arrow-array", "dev"),
            ("dynrag-auth", None),
            ("dynrag-testing", None),
        ):
            with self.subTest(other):
                changed = {**store, "dependencies": [{"name": other, "kind": kind}]}
                others = [p for p in self.packages if p["name"] != "dynrag-store"]
                self.assertIn(f"dynrag-store -> {other}", breaches([*others, changed]))


if __name__ == "__main__":
    unittest.main()
