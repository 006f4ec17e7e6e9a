"""The template keeps its rules (promise 25), and every rule is seen to notice a seeded mistake."""

import copy
import json
import os
import sys
import tomllib
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))

import boto3
import rules
from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

TEMPLATE = rules.load(REPO / "template.yaml")
GRANTS = HERE / "grants.toml"
MOST_RESOURCES = 450  # CloudFormation takes 500
MOST_BYTES = 1_000_000  # and 1 MB


def properties(template: dict, name: str) -> dict:
    return template["Resources"][name]["Properties"]


def allowed(template: dict, role: str) -> list:
    return properties(template, role)["Policies"][0]["PolicyDocument"]["Statement"]


def wildcard_resource(template):
    allowed(template, "SearchRole")[-1]["Resource"] = "*"


def missing_tls_policy(template):
    del template["Resources"]["VectorsBucketPolicy"]


def public_bucket(template):
    properties(template, "DocumentsBucket")["PublicAccessBlockConfiguration"][
        "BlockPublicPolicy"
    ] = False


def missing_dead_letter_queue(template):
    del properties(template, "IngestQueue")["RedrivePolicy"]


def short_visibility(template):
    properties(template, "IngestQueue")["VisibilityTimeout"] = 300


def missing_encryption(template):
    del properties(template, "VectorsBucket")["BucketEncryption"]


def function_without_role(template):
    del properties(template, "DocumentsGet")["Role"]


def extra_action(template):
    allowed(template, "SearchRole")[-2]["Action"] = ["s3:GetObject", "s3:PutObject"]


def log_group_without_retention(template):
    del properties(template, "SearchLogs")["RetentionInDays"]


def no_partial_failures(template):
    del properties(template, "Embed")["Events"]["Jobs"]["Properties"]["FunctionResponseTypes"]


def borrowed_role(template):
    properties(template, "DocumentsList")["Role"] = {"Fn::GetAtt": ["EmbedRole", "Arn"]}


def secret_in_the_environment(template):
    variables = properties(template, "Search")["Environment"]["Variables"]
    variables["OPENAI_API_KEY"] = {"Ref": "OpenAiApiKey"}


MISTAKES = {
    wildcard_resource: "wildcard-resource",
    missing_tls_policy: "tls-only",
    public_bucket: "public-bucket",
    missing_dead_letter_queue: "dead-letters",
    short_visibility: "visibility",
    missing_encryption: "bucket-encryption",
    function_without_role: "own-role",
    extra_action: "grants",
    log_group_without_retention: "log-retention",
    no_partial_failures: "partial-failures",
    borrowed_role: "own-role",
    secret_in_the_environment: "secret-variable",
}


def all_faults(template: dict) -> list[str]:
    """The rules' faults, and every grant that grants.toml does not list or misses."""
    expected = tomllib.loads(GRANTS.read_text())
    found = rules.grants(template)
    return rules.faults(template) + [
        f"grants: {role} {line}"
        for role in sorted({*expected, *found})
        for line in sorted({*expected.get(role, [])} ^ {*found.get(role, [])})
    ]


def expanded() -> dict:
    """The template as SAM hands it to CloudFormation."""
    template = copy.deepcopy(TEMPLATE)
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    somewhere = {"Bucket": "bucket", "Key": "0123456789abcdef0123456789abcdef"}
    template["Globals"]["Function"]["CodeUri"] = somewhere
    for layer in rules.of_type(template, "AWS::Serverless::LayerVersion").values():
        layer["Properties"]["ContentUri"] = somewhere
    translator = Translator(
        managed_policy_map=get_bundled_managed_policy_map("aws"),
        sam_parser=Parser(),
        boto_session=boto3.Session(region_name="eu-central-1"),
    )
    return translator.translate(template, {})


class Rules(unittest.TestCase):
    def test_the_template_breaks_none(self):
        self.assertEqual(all_faults(TEMPLATE), [])

    def test_every_seeded_mistake_is_noticed(self):
        for mistake, rule in MISTAKES.items():
            with self.subTest(mistake.__name__):
                template = copy.deepcopy(TEMPLATE)
                mistake(template)
                noticed = {fault.split(":")[0] for fault in all_faults(template)}
                self.assertIn(rule, noticed)


class Expansion(unittest.TestCase):
    def test_there_is_room_in_cloudformation(self):
        template = expanded()
        size = len(json.dumps(template))
        count = len(template["Resources"])
        print(f"expanded: {count} resources, {size} bytes", file=sys.stderr)
        self.assertLess(count, MOST_RESOURCES)
        self.assertLess(size, MOST_BYTES)

    def test_sam_adds_no_role_of_its_own(self):
        self.assertEqual(
            set(rules.of_type(expanded(), "AWS::IAM::Role")),
            set(rules.of_type(TEMPLATE, "AWS::IAM::Role")),
        )


class Events(unittest.TestCase):
    def test_every_http_function_has_an_event_of_one_of_its_routes(self):
        for name, function in rules.of_type(TEMPLATE, rules.FUNCTION).items():
            events = function["Properties"].get("Events", {}).values()
            routes = {
                f"{e['Properties']['Method']} {e['Properties']['Path']}"
                for e in events
                if e["Type"] == "HttpApi"
            }
            if "FunctionUrlConfig" in function["Properties"]:
                routes.add("$default")
            if routes:
                with self.subTest(name):
                    event = json.loads(
                        (REPO / "events" / "http" / f"{kebab(name)}.json").read_text()
                    )
                    self.assertIn(event["routeKey"], routes)

    def test_every_http_event_has_its_function(self):
        functions = {kebab(name) for name in rules.of_type(TEMPLATE, rules.FUNCTION)}
        files = {file.stem for file in (REPO / "events" / "http").glob("*.json")}
        self.assertEqual(files - functions, set())


def kebab(name: str) -> str:
    """DocumentsGet → documents-get."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


def write_grants() -> None:
    """Writes grants.toml anew from the template; read the difference before committing it."""
    lines = [
        "# What each role may do, as `action target`: a second pair of eyes. A change of template.yaml that",
        "# grants more, or less, has to be made here too.",
        "# Written by: python infra/package/tests/test_template.py --write",
    ]
    for role, granted in sorted(rules.grants(TEMPLATE).items()):
        lines += ["", f"{role} = [", *(f'    "{line}",' for line in granted), "]"]
    GRANTS.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write_grants()
    else:
        unittest.main()
