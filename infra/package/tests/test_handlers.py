"""Handlers are short: they parse, call one use case or one read of the store, and shape the answer.

functions/clippy.toml holds the other half of the rule: they open no transaction and send no message.
"""

import re
import statistics
import tomllib
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
MOST_LINES = 40
MOST_LINES_OF_MEDIAN = 20
# `pub(crate) async fn name(` … `) -> Answer<…> {` … `}`, as rustfmt writes it.
HANDLER = re.compile(r"^pub\(crate\) async fn (\w+)\(.*?^\}$", re.MULTILINE | re.DOTALL)


def handlers(source: str) -> dict[str, int]:
    """Name → lines of each handler of a file."""
    found = {}
    for match in HANDLER.finditer(source):
        text = match[0]
        if "-> Answer<" in text.split("{\n", 1)[0]:
            found[match[1]] = text.count("\n") + 1
    return found


class Handlers(unittest.TestCase):
    def test_none_is_long(self):
        lines = {
            f"{path.relative_to(REPO)}: {name}": count
            for path in sorted((REPO / "functions").rglob("*.rs"))
            for name, count in handlers(path.read_text()).items()
        }
        self.assertGreater(len(lines), 70, "the pattern finds no handlers any more")
        long = {name: count for name, count in lines.items() if count > MOST_LINES}
        self.assertEqual(long, {}, "move what the handler does into a use case of shared/app")
        self.assertLessEqual(statistics.median(lines.values()), MOST_LINES_OF_MEDIAN)

    def test_a_long_one_is_noticed(self):
        body = "    step();\n" * MOST_LINES
        source = f"pub(crate) async fn get(\n    caller: C,\n) -> Answer<Json<B>> {{\n{body}}}\n"
        self.assertEqual(handlers(source), {"get": MOST_LINES + 4})
        self.assertEqual(handlers(source.replace("Answer<", "Result<")), {})

    def test_only_tests_open_a_tenant_without_proof(self):
        # An expectation at the top of a worker's file would hide it from clippy.
        found = {
            str(path.relative_to(REPO))
            for folder in ("shared", "functions", "infra")
            for path in (REPO / folder).rglob("*.rs")
            if "TenantId::unchecked" in path.read_text()
        }
        self.assertEqual(found, set())

    def test_functions_are_forbidden_all_that_the_workspace_is(self):
        def forbidden(file: str) -> set[str]:
            settings = tomllib.loads((REPO / file).read_text())
            return {method["path"] for method in settings["disallowed-methods"]}

        # Clippy reads the nearest file alone.
        self.assertLessEqual(forbidden("clippy.toml"), forbidden("functions/clippy.toml"))


if __name__ == "__main__":
    unittest.main()
