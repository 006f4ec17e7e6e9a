"""Deploys template.yaml to the emulator and reads back what came of it."""

import hashlib
import json
import time
from pathlib import Path

import expand
from botocore.exceptions import ClientError
from emulator import REGION, Emulator
from state import CHECKOUT, State, file_hash
from ui import StackError, step, wait_for

CODE_BUCKET = "dynamic-rag-local-code"
TEMPLATE = CHECKOUT / "template.yaml"
BROKEN = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED")


def migrations_hash() -> str:
    """SHA-256 over the migrations; a change makes the custom resource run them again."""
    return file_hash(*sorted((CHECKOUT / "migrations").rglob("*.sql")))


class Deployment:
    """The CloudFormation stacks of one local stack: the template, and its routes."""

    def __init__(self, state: State, emulator: Emulator, bin_dir: Path):
        self.state = state
        self.emulator = emulator
        self.bin_dir = bin_dir
        self.values = state.part("deployment")
        self.name = f"dynrag-{state.name}"

    def exists(self) -> bool:
        """Whether the emulator knows the stack and it is in a state that can be updated."""
        return self._status(self.name) not in (None, *BROKEN)

    def up(self, parameters: dict[str, str]) -> None:
        """Creates or updates the stack; does nothing when template, code and parameters are the same.

        `parameters` the template does not declare are left out. Raises StackError with the
        reason of the first resource that failed.
        """
        with step("template.yaml") as notes:
            template = expand.load(TEMPLATE)
            declared = template.get("Parameters", {})
            given = {key: value for key, value in parameters.items() if key in declared}
            missing = [k for k, v in declared.items() if "Default" not in v and k not in given]
            if missing:
                raise StackError(f"template.yaml wants values for {', '.join(missing)}")
            code, packed = self._code(template)
            plain = expand.expand(
                template, code, given, REGION, self.api_id, self.emulator.api_base
            )
            text = json.dumps(plain, default=str)
            wanted = hashlib.sha256((text + json.dumps(given, sort_keys=True)).encode()).hexdigest()
            routes = expand.split_routes(plain)
            status = self._status(self.name)
            if (
                status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
                and self.values.get("hash") == wanted
            ):
                notes.append("unchanged")
                return
            self.values.pop("hash", None)
            self.state.save()
            key = self._upload(packed, json.dumps(plain, default=str))
            self._apply(self.name, status, key, given)
            self._read_back()
            self._apply_routes(routes)
            self.values["hash"] = wanted
            self.values["binDir"] = str(self.bin_dir)
            self.state.save()
            notes.append(f"{len(self.values['resources'])} resources, {len(routes) // 2} routes")
        self.emulator.keep()

    @property
    def api_id(self) -> str:
        """The id of the HTTP API, the same at every deployment."""
        return "dynrag" + hashlib.sha256(self.name.encode()).hexdigest()[:6]

    @property
    def api_url(self) -> str:
        """The API's address, without a slash at the end."""
        return f"{self.emulator.api_base}/{self.api_id}/$default"

    @property
    def realtime_url(self) -> str:
        """Where clients open WebSocket connections, with a ticket."""
        base = self.emulator.api_base.replace("http", "ws", 1)
        return f"{base}/{self.api_id}ws/live"

    @property
    def streams(self) -> dict[str, str]:
        """The address of each function that streams, on this machine, before its paths and without a slash at
        the end."""
        outputs = {
            "documents-events": "DocumentsEventsUrl",
            "chat-stream": "ChatStreamUrl",
            "v1": "V1Url",
        }
        return {name: self._function_url(output) for name, output in outputs.items()}

    def _function_url(self, output: str) -> str:
        host = self.values["outputs"][output].split("://", 1)[1]
        return f"{self.emulator.endpoint}/_aws/lambda-url/{host.split('.', 1)[0]}"

    def physical(self, kind: str) -> dict[str, str]:
        """Logical → physical id of the resources of a CloudFormation type."""
        resources = self.values.get("resources", {})
        return {name: r["id"] for name, r in resources.items() if r["type"] == kind}

    def invoke(self, logical_id: str, payload: dict) -> dict:
        """Invokes a function and returns its answer; StackError when it reports an error."""
        function = self.physical("AWS::Lambda::Function").get(logical_id)
        if function is None:
            raise StackError(f"template.yaml has no function {logical_id}")
        answer = self.emulator.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(payload).encode()
        )
        body = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise StackError(f"{logical_id} failed: {json.dumps(body)}\n{self._log(function)}")
        return body

    def _code(self, template: dict) -> tuple[dict, dict]:
        code, packed = {}, {}
        names = expand.binaries(template)
        missing = sorted({name for name in names.values() if not (self.bin_dir / name).exists()})
        if missing:
            raise StackError(f"not in {self.bin_dir}: {', '.join(missing)}")
        for function, name in names.items():
            key, archive = expand.stub(self.bin_dir / name, self.state.function_logs)
            packed[key] = archive
            code[function] = {"Bucket": CODE_BUCKET, "Key": key}
        return code, packed

    def _upload(self, packed: dict, template: str) -> str:
        s3 = self.emulator.client("s3")
        try:
            s3.head_bucket(Bucket=CODE_BUCKET)
        except ClientError:
            s3.create_bucket(Bucket=CODE_BUCKET)
        key = f"template-{hashlib.sha256(template.encode()).hexdigest()[:16]}.json"
        for name, body in {**packed, key: template.encode()}.items():
            s3.put_object(Bucket=CODE_BUCKET, Key=name, Body=body)
        return key

    def _apply_routes(self, routes: dict) -> None:
        """Creates or updates the stack of the routes, whose template names what the first stack made."""
        functions = self.physical("AWS::Lambda::Function")
        first = next(iter(functions.values()))
        answer = self.emulator.client("lambda").get_function(FunctionName=first)
        prefix = answer["Configuration"]["FunctionArn"].removesuffix(first)
        arns = {name: prefix + physical for name, physical in functions.items()}
        template = expand.with_ids(routes, self.physical("AWS::ApiGatewayV2::Api"), arns)
        name = f"{self.name}-routes"
        key = self._upload({}, json.dumps(template))
        self._apply(name, self._status(name), key, {})

    def _apply(self, name: str, status: str | None, key: str, parameters: dict[str, str]) -> None:
        cloudformation = self.emulator.client("cloudformation")
        arguments = {
            "StackName": name,
            "TemplateURL": f"{self.emulator.endpoint}/{CODE_BUCKET}/{key}",
            "Parameters": [
                {"ParameterKey": k, "ParameterValue": v} for k, v in sorted(parameters.items())
            ],
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        }
        try:
            if status in BROKEN:
                cloudformation.delete_stack(StackName=name)
                wait_for(lambda: self._status(name) is None, "removing the failed stack", 120)
            if status is None or status in BROKEN:
                cloudformation.create_stack(**arguments)
            else:
                cloudformation.update_stack(**arguments)
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return
            raise StackError(f"the emulator refused the template: {error}") from None
        while (now := self._status(name)) is None or now.endswith("_IN_PROGRESS"):
            time.sleep(0.2)
        if now not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise StackError(self._reason(name, now))

    def _status(self, name: str) -> str | None:
        try:
            stacks = self.emulator.client("cloudformation").describe_stacks(StackName=name)
        except ClientError:
            return None
        status = stacks["Stacks"][0]["StackStatus"]
        return None if status == "DELETE_COMPLETE" else status

    def _reason(self, name: str, status: str) -> str:
        events = self.emulator.client("cloudformation").describe_stack_events(StackName=name)
        failed = [e for e in events["StackEvents"] if e["ResourceStatus"].endswith("_FAILED")]
        lines = [f"the stack ended as {status}"]
        for event in reversed(failed[-5:]):
            reason = event.get("ResourceStatusReason", "no reason given")
            lines.append(f"  {event['LogicalResourceId']} ({event['ResourceType']}): {reason}")
        for log in sorted(self.state.function_logs.glob("*igrate*.log")):
            lines += [f"the end of {log}:", *log.read_text(errors="replace").splitlines()[-10:]]
        return "\n".join(lines)

    def _log(self, function: str) -> str:
        log = self.state.function_logs / f"{function}.log"
        if not log.exists():
            return f"(no log at {log})"
        return "\n".join(log.read_text(errors="replace").splitlines()[-10:])

    def _read_back(self) -> None:
        cloudformation = self.emulator.client("cloudformation")
        resources = {}
        for page in cloudformation.get_paginator("list_stack_resources").paginate(
            StackName=self.name
        ):
            for resource in page["StackResourceSummaries"]:
                resources[resource["LogicalResourceId"]] = {
                    "type": resource["ResourceType"],
                    "id": resource.get("PhysicalResourceId", ""),
                }
        stack = cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        self.values["resources"] = resources
        self.values["outputs"] = {
            output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])
        }
        self.state.save()
