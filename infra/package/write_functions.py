"""Writes the functions of template.yaml: their roles, their log groups and the policy of tracing.

    python3 infra/package/write_functions.py            writes them
    python3 infra/package/write_functions.py --check    fails when template.yaml holds something else

People write functions/**/functions.toml, a line a function, and infra/package/grants.toml, which
says what each grant allows. Method and path of a route are those of docs/openapi.json. What is written
stands between two marks in template.yaml; the rest of that file is written by people.

A line of functions.toml has these keys; [defaults] of the same file holds where a line says nothing.

    grants        names of grants.toml
    memory        MiB                           timeout     seconds
    concurrency   a parameter that reserves concurrency; its condition is called Has<parameter>
    variables     environment beyond what the grants bring, by names of [variables] in grants.toml
    environment   the same with other values than those of [variables], as YAML
    trigger       of a function without a route: {name, queue, batch, window, concurrency},
                  {name, bucket, prefix}, {name, schedule}, {name, websocket} or {custom-resource}
    description   of a function without a route
    properties    further properties, as SAM has them
    checkov       findings that are answered: id = "why"

A role belongs to a crate and a set of grants, after which it is named (DocumentsDatabaseVaultJobsRole).
Functions of a crate are the same binary, so those with the same grants lose no isolation by sharing a role,
and each has what it needs and no more. A function with a trigger has a role of its own. The reason is
CloudFormation's limit of 500 resources, of which a route takes two: its function and API Gateway's
permission to call it. With a role as the third there was no room for 130 routes; docs/ARCHITECTURE.md has
the figures.
"""

import argparse
import json
import os
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
COMMAND = "python3 infra/package/write_functions.py"
BEGIN = f"  # ================ Written by {COMMAND}, from functions/**/functions.toml: do not edit"
END = "  # ================ End of what is written"
WIDTH = 150
# Routes that a description lists.
MANY = 4
DEFAULTS = {"memory", "timeout", "variables", "properties"}
KEYS = DEFAULTS | {"grants", "concurrency", "environment", "trigger", "description", "checkov"}
GRANT = {"allow", "variables", "environment"}
LAMBDA_MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


class Mistake(Exception):
    """The declarations contradict each other or name something that is not there; the text says where."""


@dataclass(frozen=True)
class Route:
    """A method and path of a function."""

    method: str
    path: str
    streamed: bool


@dataclass
class Declared:
    """What people have written."""

    crates: dict[str, dict]  # crate, without `dynrag-` → its functions.toml
    grants: dict[str, dict]  # name → grant
    variables: dict[str, str]  # name → value, as YAML
    routes: dict[str, list[Route]]  # name → where it answers


def declared() -> Declared:
    """Reads the declarations of this checkout."""
    grants = tomllib.loads((REPO / "infra/package/grants.toml").read_text())
    files = sorted((REPO / "functions").rglob("functions.toml"))
    return Declared(
        crates={crate(file): tomllib.loads(file.read_text()) for file in files},
        grants=grants["grants"],
        variables=grants["variables"],
        routes=routes(json.loads((REPO / "docs/openapi.json").read_text())),
    )


def crate(file: Path) -> str:
    """The crate of a functions.toml: functions/documents/events → documents-events."""
    return "-".join(file.parent.relative_to(REPO / "functions").parts)


def routes(openapi: dict) -> dict[str, list[Route]]:
    """Name of a function → its routes. A route that answers to more than one path or method has the ids
    `name`, `name-2`; a function that serves several routes is their `x-function`."""
    operations, functions = {}, {}
    for path, item in openapi["paths"].items():
        for method, operation in item.items():
            name = operation["operationId"]
            operations[name] = Route(method.upper(), path, "servers" in operation)
            functions[name] = operation.get("x-function")
    found: dict[str, list[Route]] = {}
    for operation in sorted(operations):
        parts = re.fullmatch(r"(.+)-[2-9]", operation)
        name = parts[1] if parts and parts[1] in operations else operation
        found.setdefault(functions[operation] or name, []).append(operations[operation])
    return found


def pascal(name: str) -> str:
    """documents-get → DocumentsGet."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("-"))


# -------------------------------------------------------------------- From the declarations to resources


def resources(given: Declared) -> dict[str, dict]:
    """Logical id → resource, in the order in which they are written. Raises `Mistake`."""
    _complete(given)
    found: dict[str, dict] = {}
    for crate, file in given.crates.items():
        functions, roles = [], {}
        for name, line in file["functions"].items():
            line = file.get("defaults", {}) | line
            grants = _grants(given, name, line)
            of = [name] if "trigger" in line else [crate, *grants]
            role = "".join(map(pascal, of)) + "Role"
            allowed = _role(_statements(given, crate, grants))
            if roles.setdefault(role, allowed) != allowed:
                raise Mistake(f"{name}: another set of grants gives a role of the name {role}")
            functions.append((pascal(name), _function(given, crate, name, line, role)))
        for name, resource in [_log_group(crate), *functions, *roles.items()]:
            if name in found:
                raise Mistake(f"{crate}: another {name} is there already")
            found[name] = resource
    found["TracingPolicy"] = _tracing(found)
    return found


def _complete(given: Declared) -> None:
    """Every route has its function and every function its route or trigger; nothing is misspelt or unused."""
    lines = [
        (f"functions.toml of {crate}: {name}", name, line)
        for crate, file in given.crates.items()
        for name, line in file["functions"].items()
    ]
    for where, name, line in lines:
        if (name in given.routes) == ("trigger" in line):
            raise Mistake(f"{where} wants a route in docs/openapi.json or a trigger, and not both")
        if unknown := {*line} - KEYS:
            raise Mistake(f"{where} has unknown keys {sorted(unknown)}")
        if "grants" not in line or ("trigger" in line) != ("description" in line):
            raise Mistake(f"{where} wants grants, and with a trigger a description")
    for crate, file in given.crates.items():
        if unknown := {*file.get("defaults", {})} - DEFAULTS:
            raise Mistake(f"functions.toml of {crate}: unknown defaults {sorted(unknown)}")
    if missing := {*given.routes} - {name for _, name, _ in lines}:
        raise Mistake(f"no functions.toml has a line for {sorted(missing)}")
    for name, grant in given.grants.items():
        if unknown := {*grant} - GRANT:
            raise Mistake(f"grants.toml: {name} has unknown keys {sorted(unknown)}")
    if unused := {*given.grants} - {grant for _, _, line in lines for grant in line["grants"]}:
        raise Mistake(f"grants.toml: no function has {sorted(unused)}")


def _grants(given: Declared, name: str, line: dict) -> list[str]:
    """The grants of a function in the order of grants.toml, so that a set has one role."""
    if unknown := {*line["grants"]} - {*given.grants}:
        raise Mistake(f"{name}: grants.toml has no {sorted(unknown)}")
    return [grant for grant in given.grants if grant in line["grants"]]


def _statements(given: Declared, crate: str, grants: list[str]) -> list[dict]:
    found = [
        {
            "Sid": "WriteLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"!GetAtt {pascal(crate)}Logs.Arn",
        }
    ]
    for grant in grants:
        for statement in given.grants[grant]["allow"]:
            sid = statement["sid"]
            if any(other["Sid"] == sid for other in found):
                raise Mistake(f"{crate}: two statements {sid} in a role of {grants}")
            found.append(
                {
                    "Sid": sid,
                    "Effect": "Allow",
                    "Action": _one_or_many(statement["actions"]),
                    "Resource": _one_or_many([_arn(name) for name in statement["resources"]]),
                }
            )
            if "condition" in statement:
                found[-1]["Condition"] = statement["condition"]
    return found


def _one_or_many(values: list):
    return values[0] if len(values) == 1 else values


def _arn(resource: str) -> str:
    """The ARN of a resource of template.yaml, or of what is under a path of it."""
    if resource.startswith("!"):
        return resource
    name, slash, path = resource.partition("/")
    return f'!Sub "${{{name}.Arn}}/{path}"' if slash else f"!GetAtt {name}.Arn"


def _log_group(crate: str) -> tuple[str, dict]:
    properties = {
        "LogGroupName": f'!Sub "/${{AWS::StackName}}/{crate}"',
        "RetentionInDays": "!Ref LogRetentionDays",
    }
    return f"{pascal(crate)}Logs", {"Type": "AWS::Logs::LogGroup", "Properties": properties}


def _role(statements: list[dict]) -> dict:
    document = {"Version": "2012-10-17", "Statement": statements}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": LAMBDA_MAY_ASSUME,
            "Policies": [{"PolicyName": "grants", "PolicyDocument": document}],
        },
    }


def _function(given: Declared, crate: str, name: str, line: dict, role: str) -> dict:
    here = given.routes.get(name, [])
    properties = {
        "Description": _description(here) if here else line["description"],
        "Role": f"!GetAtt {role}.Arn",
        "LoggingConfig": {"LogGroup": f"!Ref {pascal(crate)}Logs"},
    }
    if "timeout" in line:
        properties["Timeout"] = line["timeout"]
    if "memory" in line:
        properties["MemorySize"] = line["memory"]
    if "concurrency" in line:
        of = line["concurrency"]
        reserved = f"!If [Has{of}, !Ref {of}, !Ref AWS::NoValue]"
        properties["ReservedConcurrentExecutions"] = reserved
    properties |= line.get("properties", {})
    if environment := _environment(given, name, line):
        properties["Environment"] = {"Variables": environment}
    streamed = any(route.streamed for route in here)
    if streamed != ("FunctionUrlConfig" in properties):
        raise Mistake(f"{name}: what is streamed has a FunctionUrlConfig, and nothing else has")
    if "trigger" in line:
        properties["Events"] = _of_trigger(name, line["trigger"])
    elif not streamed:
        properties["Events"] = _of_routes(name, here)
    metadata = {
        "BuildMethod": "rust-cargolambda",
        "BuildProperties": {"Binary": f"dynrag-{crate}"},
    }
    if "checkov" in line:
        answers = [{"id": check, "comment": why} for check, why in line["checkov"].items()]
        metadata["checkov"] = {"skip": answers}
    return {
        "Type": "AWS::Serverless::Function",
        "Metadata": metadata,
        "Properties": properties,
    }


def _environment(given: Declared, name: str, line: dict) -> dict[str, str]:
    found: dict[str, str] = {}
    for of in [*(given.grants[grant] for grant in _grants(given, name, line)), line]:
        if unknown := {*of.get("variables", [])} - {*given.variables}:
            raise Mistake(f"{name}: grants.toml has no variables {sorted(unknown)}")
        values = {variable: given.variables[variable] for variable in of.get("variables", [])}
        for variable, value in (values | of.get("environment", {})).items():
            if found.setdefault(variable, value) != value:
                raise Mistake(f"{name}: two values for {variable}")
    return found


def _description(here: list[Route]) -> str:
    """`GET /a`, `GET and POST /a` or `GET /a and POST /b`."""
    if len(here) > MANY:
        text = f"{len(here)} routes under {os.path.commonpath(route.path for route in here)}"
    elif len({route.path for route in here}) == 1:
        text = " and ".join(route.method for route in here) + f" {here[0].path}"
    else:
        text = " and ".join(f"{route.method} {route.path}" for route in here)
    return f"{text}, streamed" if here[0].streamed else text


def _of_routes(name: str, here: list[Route]) -> dict[str, dict]:
    """An event for each route, named by its method; SAM makes logical ids of the names."""
    events: dict[str, dict] = {}
    for route in here:
        key = route.method.capitalize()
        if key in events:
            # By the last word that the first path has not: POST /api/docs/upload → UploadPost.
            words = [w for w in route.path.split("/") if w not in here[0].path.split("/")]
            key = pascal(words[-1]) + key
        if key in events:
            raise Mistake(f"{name}: two events {key}")
        events[key] = {
            "Type": "HttpApi",
            "Properties": {"ApiId": "!Ref Api", "Method": route.method, "Path": route.path},
        }
    return events


def _of_trigger(name: str, trigger: dict) -> dict[str, dict]:
    match trigger:
        case {"queue": queue, "batch": batch, "concurrency": concurrency}:
            kind, properties = "SQS", {"Queue": f"!GetAtt {queue}.Arn", "BatchSize": batch}
            if "window" in trigger:
                properties["MaximumBatchingWindowInSeconds"] = trigger["window"]
            properties["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
            properties["ScalingConfig"] = {"MaximumConcurrency": concurrency}
        case {"bucket": bucket, "prefix": prefix}:
            under = {"S3Key": {"Rules": [{"Name": "prefix", "Value": prefix}]}}
            kind = "S3"
            properties = {
                "Bucket": f"!Ref {bucket}",
                "Events": "s3:ObjectCreated:*",
                "Filter": under,
            }
        case {"schedule": schedule}:
            kind, properties = "Schedule", {"Schedule": schedule}
        # Their routes and permissions are written by people.
        case {"custom-resource": _} | {"websocket": _}:
            return {}
        case _:
            raise Mistake(f"{name}: a trigger of no known kind")
    return {trigger["name"]: {"Type": kind, "Properties": properties}}


def _tracing(others: dict[str, dict]) -> dict:
    statement = {
        "Sid": "WriteTraces",
        "Effect": "Allow",
        "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        "Resource": "*",  # X-Ray's two write actions know no resources
    }
    roles = [name for name, of in others.items() if of["Type"] == "AWS::IAM::Role"]
    return {
        "Type": "AWS::IAM::Policy",
        "Condition": "TracingIsActive",
        "Properties": {
            "PolicyName": "tracing",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            "Roles": [f"!Ref {role}" for role in roles],
        },
    }


# -------------------------------------------------------------------- From resources to text


def written(template: str, given: Declared) -> str:
    """The text of template.yaml with its functions replaced by those of the declarations."""
    before, begin, rest = template.partition(BEGIN + "\n")
    _, end, after = rest.partition(END + "\n")
    if not begin or not end:
        raise Mistake("template.yaml has lost the marks between which its functions stand")
    lines = []
    for name, resource in resources(given).items():
        lines += ["", f"  {name}:"]
        for key, value in resource.items():
            if key == "Properties":
                lines += ["    Properties:", *_block(value, 6)]
            else:
                lines += _block({key: value}, 4)
    return before + begin + "\n".join([*lines, ""]) + "\n" + end + after


def _block(value: dict | list, indent: int) -> list[str]:
    """Lines of YAML; what fits stands on one line."""
    space = " " * indent
    lines = []
    if isinstance(value, list):
        for item in value:
            line = f"{space}- {_flow(item)}"
            if isinstance(item, dict) and len(line) > WIDTH:
                first, *rest = _block(item, indent + 2)
                lines += [f"{space}- {first.lstrip()}", *rest]
            else:
                lines.append(line)
        return lines
    for key, inner in value.items():
        line = f"{space}{_flow(key)}: {_flow(inner)}"
        if isinstance(inner, dict | list) and len(line) > WIDTH:
            lines += [f"{space}{_flow(key)}:", *_block(inner, indent + 2)]
        else:
            lines.append(line)
    return lines


def _flow(value) -> str:
    """A value on one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{_flow(k)}: {_flow(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case str() if value.startswith("!") or re.fullmatch(r"[A-Za-z/][\w./ -]*(:+\w+)*", value):
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def main() -> int:
    """Writes template.yaml, or says that it would."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    check = parser.parse_args().check
    file = REPO / "template.yaml"
    present = file.read_text()
    try:
        wanted = written(present, declared())
    except Mistake as mistake:
        print(f"write_functions.py: {mistake}", file=sys.stderr)
        return 1
    if check and wanted != present:
        print(f"template.yaml is out of date: run {COMMAND}", file=sys.stderr)
        return 1
    if wanted != present:
        file.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
