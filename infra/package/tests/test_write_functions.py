"""template.yaml's functions are those of functions.toml, and mistakes there are refused."""

import copy
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import write_functions

GIVEN = write_functions.declared()


def line(given, name):
    return next(c["functions"][name] for c in given.crates.values() if name in c["functions"])


def route_without_function(given):
    del given.crates["documents"]["functions"]["documents-get"]


def function_without_route(given):
    del given.routes["documents-get"]


def function_with_route_and_trigger(given):
    line(given, "documents-get")["trigger"] = {"name": "Tick", "schedule": "rate(1 hour)"}


def function_in_two_crates(given):
    given.crates["search"]["functions"]["documents-get"] = line(given, "documents-get")


def misspelt_key(given):
    line(given, "documents-get")["memroy"] = 512


def misspelt_default(given):
    given.crates["ingest"]["defaults"]["memroy"] = 512


def misspelt_grant(given):
    line(given, "documents-get")["grants"] = ["databse"]


def misspelt_variable(given):
    line(given, "documents-get")["variables"] = ["MAIL_FORM"]


def no_grants(given):
    del line(given, "documents-get")["grants"]


def grant_that_nobody_has(given):
    given.grants["spare"] = {"allow": []}


def misspelt_key_of_a_grant(given):
    given.grants["vault"]["variable"] = ["KMS_KEY_ARN"]


def two_statements_of_a_name(given):
    line(given, "embed")["grants"] += ["jobs"]


def two_values_of_a_variable(given):
    line(given, "embed-bulk")["variables"] = ["INGEST_QUEUE_URL"]


def worker_without_description(given):
    del line(given, "embed")["description"]


def unknown_trigger(given):
    line(given, "embed")["trigger"] = {"name": "Jobs", "topic": "IngestQueue"}


def streamed_without_url(given):
    del line(given, "documents-events")["properties"]


MISTAKES = (
    route_without_function,
    function_without_route,
    function_with_route_and_trigger,
    function_in_two_crates,
    misspelt_key,
    misspelt_default,
    misspelt_grant,
    misspelt_variable,
    no_grants,
    grant_that_nobody_has,
    misspelt_key_of_a_grant,
    two_statements_of_a_name,
    two_values_of_a_variable,
    worker_without_description,
    unknown_trigger,
    streamed_without_url,
)


class Written(unittest.TestCase):
    def test_the_template_is_what_is_declared(self):
        present = (write_functions.REPO / "template.yaml").read_text()
        if write_functions.written(present, GIVEN) != present:
            self.fail(f"template.yaml is out of date: run {write_functions.COMMAND}")

    def test_mistakes_are_refused(self):
        for mistake in MISTAKES:
            with self.subTest(mistake.__name__):
                given = copy.deepcopy(GIVEN)
                mistake(given)
                with self.assertRaises(write_functions.Mistake):
                    write_functions.resources(given)


class Roles(unittest.TestCase):
    def role(self, given, name):
        return write_functions.resources(given)[write_functions.pascal(name)]["Properties"]["Role"]

    def test_the_same_grants_in_a_crate_are_one_role_in_any_order(self):
        given = copy.deepcopy(GIVEN)
        line(given, "documents-get")["grants"].reverse()
        role = self.role(given, "documents-get")
        self.assertEqual(role, self.role(GIVEN, "documents-list"))
        self.assertNotEqual(role, self.role(GIVEN, "documents-delete"))
        self.assertNotEqual(role, self.role(GIVEN, "webhooks-get"))


class Events(unittest.TestCase):
    def test_a_function_may_have_several_routes(self):
        here = [
            write_functions.Route("POST", "/api/ingest/file", False),
            write_functions.Route("POST", "/api/docs/upload", False),
        ]
        self.assertEqual([*write_functions._of_routes("ingest-file", here)], ["Post", "UploadPost"])
        here = [
            write_functions.Route("GET", "/a", False),
            write_functions.Route("POST", "/a", False),
        ]
        self.assertEqual(write_functions._description(here), "GET and POST /a")


if __name__ == "__main__":
    unittest.main()
