"""`make package` refuses what Lambda would refuse: too big, or linked against too new a glibc."""

import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import check

BUDGETS = tomllib.loads((HERE.parent / "budgets.toml").read_text())
PROGRAM = "int x; int *volatile p = &x; int main(void) { return *p; }\n"


def sizes(zipped: float, unzipped: float, layers: float = 0) -> dict:
    """Megabytes as check.py counts them."""
    return {
        "zipped": int(zipped * check.MB),
        "unzipped": int(unzipped * check.MB),
        "layers": int(layers * check.MB),
    }


class Verdicts(unittest.TestCase):
    def test_what_is_small_passes_in_silence(self):
        self.assertEqual(check.verdict("dynrag-auth", sizes(7, 18), (2, 34), BUDGETS), ([], []))
        self.assertEqual(
            check.verdict("dynrag-embed", sizes(49, 140, 8), (2, 34), BUDGETS), ([], [])
        )

    def test_over_a_goal_is_remarked_on(self):
        refused, remarked = check.verdict("dynrag-auth", sizes(9, 18), (2, 34), BUDGETS)
        self.assertEqual(refused, [])
        self.assertIn("goal is 8 MB", remarked[0])

    def test_over_a_limit_is_refused(self):
        for binary, big in (("dynrag-auth", sizes(9, 41)), ("dynrag-search", sizes(71, 140))):
            refused, _ = check.verdict(binary, big, (2, 34), BUDGETS)
            self.assertEqual(len(refused), 1, refused)

    def test_layers_count(self):
        refused, _ = check.verdict("dynrag-embed", sizes(60, 255, 8), (2, 34), BUDGETS)
        self.assertIn("Lambda takes 250 MiB", refused[0])

    def test_a_newer_glibc_is_refused(self):
        refused, _ = check.verdict("dynrag-auth", sizes(7, 18), (2, 35), BUDGETS)
        self.assertIn("needs glibc 2.35", refused[0])


@unittest.skipUnless(shutil.which("cc") and shutil.which("readelf"), "wants cc and readelf")
class Elf(unittest.TestCase):
    def compile(self, *flags: str) -> tuple[int, ...]:
        with tempfile.TemporaryDirectory() as folder:
            source, binary = Path(folder, "a.c"), Path(folder, "a")
            source.write_text(PROGRAM)
            subprocess.run(["cc", "-pie", "-fPIE", *flags, source, "-o", binary], check=True)
            return check.glibc_needed(binary)

    def test_versions_are_read(self):
        self.assertGreaterEqual(self.compile(), (2, 2))

    def test_a_static_program_needs_none(self):
        self.assertEqual(self.compile("-nostdlib", "-static-pie", "-Wl,-emain"), (0,))

    def test_packed_relocations_need_a_newer_loader(self):
        self.assertEqual(self.compile("-fuse-ld=bfd", "-Wl,-z,pack-relative-relocs"), (2, 36))


class Whole(unittest.TestCase):
    def run_on(self, bootstrap: bytes | None) -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as folder:
            build = Path(folder, ".aws-sam", "build")
            (build / "Small").mkdir(parents=True)
            if bootstrap is not None:
                (build / "Small" / "bootstrap").write_bytes(bootstrap)
            (build / "template.yaml").write_text(
                "Resources:\n  Small:\n    Type: AWS::Serverless::Function\n"
                "    Metadata: {BuildProperties: {Binary: dynrag-small}}\n"
                "    Properties: {CodeUri: Small}\n"
            )
            return subprocess.run(
                [sys.executable, HERE.parent / "check.py", build],
                capture_output=True,
                text=True,
                check=False,
            )

    def test_a_good_build_passes_and_leaves_a_row(self):
        done = self.run_on(Path("/bin/true").read_bytes())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("dynrag-small", done.stdout)

    def test_a_big_one_is_refused(self):
        padded = Path("/bin/true").read_bytes() + bytes(45 * check.MB)
        done = self.run_on(padded)
        self.assertEqual(done.returncode, 1)
        self.assertIn("REFUSED dynrag-small: ", done.stderr)

    def test_a_missing_one_is_refused(self):
        self.assertIn("is not there", self.run_on(None).stderr)


if __name__ == "__main__":
    unittest.main()
