"""A deployment is told what samconfig.toml and the environment say, and nothing the template refuses."""

import re
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))

import parameters
import rules

DECLARED = rules.load(REPO / "template.yaml")["Parameters"]


class Parameters(unittest.TestCase):
    def test_every_stage_fits_the_template(self):
        for stage in ("dev", "staging", "prod"):
            values = parameters.parameters(REPO, stage, {"DATABASE_HOST": "db.example.com"})
            self.assertEqual(values["Stage"], stage)
            for name, value in values.items():
                with self.subTest(stage=stage, parameter=name):
                    declared = DECLARED[name]
                    self.assertRegex(value, re.compile(declared.get("AllowedPattern", "")))
                    self.assertIn(value, [str(v) for v in declared.get("AllowedValues", [value])])

    def test_the_environment_wins(self):
        values = parameters.parameters(
            REPO, "dev", {"EMBEDDING_MODEL": "other", "OPENAI_API_KEY": "sk"}
        )
        self.assertEqual((values["EmbeddingModel"], values["OpenAiApiKey"]), ("other", "sk"))

    def test_what_may_be_requested_is_the_environments_and_fits_the_template(self):
        values = parameters.parameters(REPO, "dev", {"WEB_ALLOW": "10.0.0.5:5678,[::1]:80"})
        self.assertRegex(values["WebAllow"], re.compile(DECLARED["WebAllow"]["AllowedPattern"]))

    def test_a_certificate_becomes_one_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write("-----BEGIN CERTIFICATE-----\r\nMIIB\r\n-----END CERTIFICATE-----\n")
            file.flush()
            values = parameters.parameters(REPO, "dev", {"DATABASE_CA_FILE": file.name})
        self.assertRegex(values["DatabaseCaPem"], DECLARED["DatabaseCaPem"]["AllowedPattern"])
        self.assertEqual(values["DatabaseCaPem"].count("\\n"), 2)

    def test_every_name_is_a_parameter(self):
        self.assertLessEqual(set(parameters.FROM_ENVIRONMENT.values()), set(DECLARED))

    def test_a_changed_migration_changes_the_hash(self):
        with tempfile.TemporaryDirectory() as folder:
            first = Path(folder, "V1__a.sql")
            first.write_text("select 1;")
            before = parameters.migrations_hash(Path(folder))
            first.write_text("select 2;")
            self.assertNotEqual(parameters.migrations_hash(Path(folder)), before)


if __name__ == "__main__":
    unittest.main()
