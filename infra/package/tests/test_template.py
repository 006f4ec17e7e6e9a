"""The template keeps its rules (promise 25), and every rule is seen to notice a seeded mistake."""

import copy
import itertools
import json
import os
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))

import boto3
import rules
import write_functions
from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TEXT = (REPO / "template.yaml").read_text()
TEMPLATE = rules.load(REPO / "template.yaml")


def shared() -> dict[str, str]:
    """Route → function, of the functions that serve several routes."""
    paths = json.loads((REPO / "docs" / "openapi.json").read_text())["paths"].values()
    operations = [operation for item in paths for operation in item.values()]
    return {o["operationId"]: o["x-function"] for o in operations if "x-function" in o}


SHARED = shared()
# The functions' resources as functions.toml and grants.toml have them.
FRESH = yaml_parse(write_functions.written(TEXT, write_functions.declared()))["Resources"]
DECLARED = {name: FRESH[name] for name in write_functions.resources(write_functions.declared())}
QUEUES = ("jobs", "bulk-jobs", "slow-jobs", "fetches", "notices", "tasks")
MOST_RESOURCES = 470  # CloudFormation takes 500
MOST_BYTES = 1_000_000  # and 1 MB


def properties(template: dict, name: str) -> dict:
    return template["Resources"][name]["Properties"]


def role(template: dict, function: str) -> str:
    return rules.target(properties(template, function)["Role"])


def allowed(template: dict, function: str) -> list:
    policies = properties(template, role(template, function))["Policies"]
    return policies[0]["PolicyDocument"]["Statement"]


def wildcard_resource(template):
    allowed(template, "Search")[-1]["Resource"] = "*"


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
    allowed(template, "Search")[-2]["Action"] = ["s3:GetObject", "s3:PutObject"]


def log_group_without_retention(template):
    del properties(template, "SearchLogs")["RetentionInDays"]


def no_partial_failures(template):
    del properties(template, "Embed")["Events"]["Jobs"]["Properties"]["FunctionResponseTypes"]


def role_of_another_crate(template):
    borrowed = role(template, "DocumentsChunks")
    properties(template, "DocumentsList")["Role"] = {"Fn::GetAtt": [borrowed, "Arn"]}


def role_with_more_grants(template):
    borrowed = role(template, "DocumentsOriginal")
    properties(template, "DocumentsList")["Role"] = {"Fn::GetAtt": [borrowed, "Arn"]}


def role_without_function(template):
    del template["Resources"]["DocumentsOriginal"]


def foreign_log_group(template):
    allowed(template, "Search")[0]["Resource"] = {"Fn::GetAtt": ["EmbedLogs", "Arn"]}


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
    function_without_role: "role",
    extra_action: "generated",
    log_group_without_retention: "log-retention",
    no_partial_failures: "partial-failures",
    role_of_another_crate: "shared-role",
    role_with_more_grants: "generated",
    role_without_function: "unused-role",
    foreign_log_group: "log-grant",
    secret_in_the_environment: "secret-variable",
}


def all_faults(template: dict) -> list[str]:
    """The rules' faults, and every resource of the functions that is not as people have declared it."""
    found = template["Resources"]
    return rules.faults(template) + [
        f"generated: {name} is not what functions.toml and grants.toml say"
        for name, resource in DECLARED.items()
        if found.get(name) != resource
    ]


def expanded(template: dict) -> dict:
    """The template as SAM hands it to CloudFormation."""
    template = copy.deepcopy(template)
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
        self.assert_room(TEMPLATE)

    def test_there_is_room_for_130_routes_and_16_workers(self):
        given = write_functions.declared()
        here = sum(len(crate["functions"]) for crate in given.crates.values())
        new_routes = 130 - len(given.routes)
        new_workers = 130 + 16 - here - new_routes
        # Every other new route has a set of grants that no function has yet, and with it a role.
        sets = itertools.chain.from_iterable(
            itertools.combinations(QUEUES, size) for size in range(1, len(QUEUES) + 1)
        )
        for number in range(new_routes):
            name, path = f"made-up-route{number}", f"/api/made-up/{number}"
            grants = ["database", "vault"] if number % 2 else [*next(sets)]
            given.crates["documents"]["functions"][name] = {"grants": grants}
            given.routes[name] = [write_functions.Route("GET", path, streamed=False)]
        # Every new worker is a crate.
        for number in range(new_workers):
            trigger = {"name": "Tick", "schedule": "rate(1 hour)"}
            line = {"grants": ["database"], "trigger": trigger, "description": "Made up"}
            given.crates[f"worker{number}"] = {"functions": {f"worker{number}": line}}
        self.assert_room(yaml_parse(write_functions.written(TEXT, given)))

    def assert_room(self, template):
        plain = expanded(template)
        size = len(json.dumps(plain))
        count = len(plain["Resources"])
        print(f"expanded: {count} resources, {size} bytes", file=sys.stderr)
        self.assertLess(count, MOST_RESOURCES)
        self.assertLess(size, MOST_BYTES)

    def test_sam_adds_no_role_of_its_own(self):
        self.assertEqual(
            set(rules.of_type(expanded(TEMPLATE), "AWS::IAM::Role")),
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
            if routes and kebab(name) not in SHARED.values():
                with self.subTest(name):
                    event = json.loads(
                        (REPO / "events" / "http" / f"{kebab(name)}.json").read_text()
                    )
                    self.assertIn(event["routeKey"], routes)

    def test_every_http_event_has_its_function(self):
        functions = {kebab(name) for name in rules.of_type(TEMPLATE, rules.FUNCTION)}
        functions |= {route for route, function in SHARED.items() if function in functions}
        files = {file.stem for file in (REPO / "events" / "http").glob("*.json")}
        self.assertEqual(files - functions, set())


def kebab(name: str) -> str:
    """DocumentsGet → documents-get."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


if __name__ == "__main__":
    unittest.main()
