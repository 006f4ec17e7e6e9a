"""Turns template.yaml into what the emulator can deploy; the template itself stays as it is.

What differs from AWS: a function's code is a stub that executes the binary in cargo's target
directory; layers are left out (a parameter names the library's path instead); the routes, which
the emulator does not read from an OpenAPI body, become resources; a `Ref` to a secret, which
the emulator answers with its name, asks for the ARN; ExcludePunctuation, which it does not
know, becomes ExcludeCharacters; parameters that are numbers, which it takes for text, are
written in; policies that refuse plain HTTP, which is what it speaks, lose that statement; an
alarm on several metrics, whose arithmetic it does not know, watches the first of them; the
right to send to a queue is spelled out for many messages at once, as the emulator asks for
the request's name where AWS has one right for both; and the WebSocket API is reached at this
machine, and replies to messages without a resource that says so.
"""

import hashlib
import io
import os
import re
import string
import zipfile
from pathlib import Path

import boto3
from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.utils.py27hash_fix import (
    to_py27_compatible_template,
    undo_mark_unicode_str_in_template,
)
from samtranslator.yaml_helper import yaml_parse

METHODS = (
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "x-amazon-apigateway-any-method",
)


def binaries(template: dict) -> dict[str, str]:
    """Logical id of every function → name of the binary it runs (Metadata.BuildProperties.Binary)."""
    return {
        name: resource["Metadata"]["BuildProperties"]["Binary"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def stub(binary: Path, logs: Path) -> tuple[str, bytes]:
    """(key, zip) of a `bootstrap` that executes `binary` and appends its output to a log of the function.

    The key and the script change with the binary, so that an update of the stack ends the
    processes that still run the old one.
    """
    built = binary.stat()
    script = (
        "#!/bin/sh\n"
        f"# {built.st_size} bytes, built at {built.st_mtime_ns}\n"
        f'exec "{binary}" >>"{logs}/$AWS_LAMBDA_FUNCTION_NAME.log" 2>&1\n'
    )
    key = f"{binary.name}-{hashlib.sha256(script.encode()).hexdigest()[:16]}.zip"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap", (2020, 1, 1, 0, 0, 0))
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, script)
    return key, packed.getvalue()


def load(path: Path) -> dict:
    """Reads a SAM template; short intrinsics such as `!Ref` become their long forms."""
    return yaml_parse(path.read_text())


def expand(
    template: dict, code: dict, parameters: dict, region: str, api_id: str, api_base: str
) -> dict:
    """The CloudFormation template for the emulator.

    `code` gives each function's `{Bucket, Key}`; `api_id` becomes the id of the HTTP API and,
    with `ws` at its end, of the WebSocket API, so that their URLs stay the same from one
    deployment to the next; `api_base` is where the emulator has its APIs.
    """
    _replace_code(template, code)
    _write_numbers_in(template, parameters)
    os.environ["AWS_DEFAULT_REGION"] = region  # the translator asks boto3 where it is
    translator = Translator(
        managed_policy_map=get_bundled_managed_policy_map("aws"),
        sam_parser=Parser(),
        boto_session=boto3.Session(region_name=region),
    )
    # No parameter values: references stay references, and no secret enters the text.
    to_py27_compatible_template(template, {})
    plain = undo_mark_unicode_str_in_template(translator.translate(template, {}))
    _routes_as_resources(plain, api_id)
    _websocket_here(plain, api_id, api_base)
    _allow_plain_http(plain)
    _mail_of_any_identity(plain)
    _send_many_too(plain)
    _alarms_of_one_metric(plain)
    return _secrets_as_on_aws(plain)


def split_routes(plain: dict) -> dict:
    """Takes the routes out of an expanded template and returns them as resources of a template of their own.

    On AWS they are no resources: one stack with them would have more than CloudFormation's 500.
    """
    kinds = ("AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route")
    resources = plain["Resources"]
    return {
        name: resources.pop(name) for name in list(resources) if resources[name]["Type"] in kinds
    }


def with_ids(routes: dict, ids: dict[str, str], arns: dict[str, str]) -> dict:
    """The template of routes with the physical ids of APIs and the ARNs of functions written in."""

    def literal(value):
        if list(value) == ["Ref"] and value["Ref"] in ids:
            return ids[value["Ref"]]
        if list(value) == ["Fn::Sub"] and isinstance(value["Fn::Sub"], str):
            text = re.sub(r"\$\{(\w+)\.Arn\}", lambda m: arns.get(m[1], m[0]), value["Fn::Sub"])
            return {"Fn::Sub": text}
        return None

    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": _rewritten(routes, literal)}


def _replace_code(template: dict, code: dict[str, dict]) -> None:
    resources = template["Resources"]
    layers = {n for n, r in resources.items() if r["Type"] == "AWS::Serverless::LayerVersion"}
    for name in layers:
        del resources[name]
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            properties["CodeUri"] = code[name]
            properties.pop("Layers", None)
            resource.pop("Metadata", None)
    for section in ("Outputs",):
        for name, output in list(template.get(section, {}).items()):
            if any(f"'{layer}'" in str(output) for layer in layers):
                del template[section][name]
    globals_ = template.get("Globals", {}).get("Function", {})
    globals_.pop("CodeUri", None)
    globals_.pop("Layers", None)


def _write_numbers_in(template: dict, given: dict) -> None:
    numbers = {}
    for name, declared in template.get("Parameters", {}).items():
        value = given.get(name, declared.get("Default"))
        if declared["Type"] == "Number" and value is not None:
            numbers[name] = int(value)

    def number(value):
        if list(value) == ["Ref"] and value["Ref"] in numbers:
            return numbers[value["Ref"]]
        return None

    for section in ("Conditions", "Globals", "Resources"):
        if section in template:
            template[section] = _rewritten(template[section], number)


def _rewritten(value, change):
    """The value with every object replaced for which `change` gives something other than None."""
    if isinstance(value, dict):
        changed = change(value)
        if changed is not None:
            return changed
        return {key: _rewritten(inner, change) for key, inner in value.items()}
    return [_rewritten(inner, change) for inner in value] if isinstance(value, list) else value


def _allow_plain_http(template: dict) -> None:
    resources = template["Resources"]
    for name, resource in list(resources.items()):
        if resource["Type"] in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"):
            document = resource["Properties"]["PolicyDocument"]
            document["Statement"] = [
                statement
                for statement in document["Statement"]
                if statement.get("Condition") != {"Bool": {"aws:SecureTransport": "false"}}
            ]
            if not document["Statement"]:
                del resources[name]


def _statements_of_roles(template: dict):
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"].get("Policies", []):
                yield from policy["PolicyDocument"]["Statement"]


def _mail_of_any_identity(template: dict) -> None:
    for statement in _statements_of_roles(template):
        if statement["Action"] == "ses:SendEmail":
            statement["Resource"] = "*"
            statement.pop("Condition", None)


def _send_many_too(template: dict) -> None:
    for statement in _statements_of_roles(template):
        if statement["Action"] == "sqs:SendMessage":
            statement["Action"] = ["sqs:SendMessage", "sqs:SendMessageBatch"]


def _alarms_of_one_metric(template: dict) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
            metrics = resource["Properties"].pop("Metrics")
            first = next(metric["MetricStat"] for metric in metrics if "MetricStat" in metric)
            resource["Properties"] |= {
                **first["Metric"],
                "Period": first["Period"],
                "Statistic": first["Stat"],
            }


def _secrets_as_on_aws(template: dict) -> dict:
    secrets = set()
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::SecretsManager::Secret":
            secrets.add(name)
            generated = resource["Properties"].get("GenerateSecretString", {})
            if generated.pop("ExcludePunctuation", False):
                generated["ExcludeCharacters"] = (
                    string.punctuation
                )  # holds whatever else was listed
    if not secrets:
        return template
    named = re.compile(r"\$\{(" + "|".join(secrets) + r")\}")

    def as_arn(value):
        if list(value) == ["Ref"] and value["Ref"] in secrets:
            return {"Fn::GetAtt": [value["Ref"], "Id"]}
        if list(value) == ["Fn::Sub"] and isinstance(value["Fn::Sub"], str):
            return {"Fn::Sub": named.sub(r"${\1.Id}", value["Fn::Sub"])}
        return None

    template["Resources"] = _rewritten(template["Resources"], as_arn)
    return template


def _routes_as_resources(template: dict, api_id: str) -> None:
    resources = template["Resources"]
    for name, api in list(resources.items()):
        if api["Type"] != "AWS::ApiGatewayV2::Api" or "Body" not in api["Properties"]:
            continue
        body = api["Properties"].pop("Body")
        kept = api["Properties"]
        kept.pop("FailOnWarnings", None)
        kept.setdefault("Name", body.get("info", {}).get("title") or name)
        kept["ProtocolType"] = "HTTP"
        kept.setdefault("Tags", {})["ms-custom-id"] = api_id
        cors = body.get("x-amazon-apigateway-cors")
        if cors:
            # The emulator reads these names in the case of its own API, not of CloudFormation.
            kept["CorsConfiguration"] = cors
        for path, operations in body["paths"].items():
            for method, operation in operations.items():
                if method in METHODS:
                    resources.update(_route(name, path, method, operation))


def _websocket_here(template: dict, api_id: str, api_base: str) -> None:
    resources = template["Resources"]
    for name, resource in list(resources.items()):
        if resource["Type"] == "AWS::ApiGatewayV2::RouteResponse":
            del resources[name]
        if resource.get("Properties", {}).get("ProtocolType") == "WEBSOCKET":
            resource["Properties"].setdefault("Tags", {})["ms-custom-id"] = f"{api_id}ws"

    def here(value):
        text = value.get("Fn::Sub") if list(value) == ["Fn::Sub"] else None
        found = isinstance(text, str) and re.fullmatch(
            r"https://(\$\{\w+\})\.execute-api\.[^/]+(/\w+)", text
        )
        return {"Fn::Sub": f"{api_base}/{found[1]}{found[2]}"} if found else None

    template["Resources"] = _rewritten(resources, here)


def _route(api: str, path: str, method: str, operation: dict) -> dict:
    wired = operation["x-amazon-apigateway-integration"]
    verb = "ANY" if method.startswith("x-") else method.upper()
    label = re.sub(r"[^A-Za-z0-9]", "", f"{api}{verb}" + path.title())
    label += hashlib.sha256(path.encode()).hexdigest()[:6]  # /a-b and /a/b are two routes
    return {
        f"{label}Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": api},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": wired["uri"],
                "PayloadFormatVersion": wired.get("payloadFormatVersion", "2.0"),
            },
        },
        f"{label}Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": api},
                "RouteKey": "$default" if path == "/$default" else f"{verb} {path}",
                "Target": {"Fn::Sub": f"integrations/${{{label}Integration}}"},
            },
        },
    }
