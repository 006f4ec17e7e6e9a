"""Rules that template.yaml must keep beyond what cfn-lint and checkov know: least privilege first.

`faults` takes the template before SAM expands it, intrinsics in their long form, and returns a line
for every breach, starting with the rule's name.
"""

from collections.abc import Iterator
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

PUBLIC_ACCESS = (
    "BlockPublicAcls",
    "BlockPublicPolicy",
    "IgnorePublicAcls",
    "RestrictPublicBuckets",
)
FUNCTION = "AWS::Serverless::Function"
# X-Ray's write actions know no resource.
WITHOUT_RESOURCE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def load(path: Path) -> dict:
    """Reads a template; `!Ref` and the like become their long forms."""
    return yaml_parse(path.read_text())


def of_type(template: dict, kind: str) -> dict[str, dict]:
    """Logical id → resource of a CloudFormation type."""
    return {name: r for name, r in template["Resources"].items() if r["Type"] == kind}


def listed(value) -> list:
    """A policy's one-or-many as a list."""
    return value if isinstance(value, list) else [value]


def target(value) -> str:
    """A resource in a policy as `LogicalId`, `LogicalId/path`, or its text; intrinsics flattened."""
    if isinstance(value, dict):
        if "Fn::GetAtt" in value:
            attribute = value["Fn::GetAtt"]
            return attribute[0] if isinstance(attribute, list) else attribute.split(".")[0]
        if "Ref" in value:
            return value["Ref"]
        text = value.get("Fn::Sub", str(value))
        text = text.replace("arn:${AWS::Partition}:s3:::", "")
        return text.replace("${", "").replace(".Arn}", "").replace("}", "")
    return str(value)


def statements(template: dict) -> Iterator[tuple[str, dict]]:
    """(logical id, statement) of every policy attached to a role."""
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for policy in role["Properties"].get("Policies", []):
            yield from ((name, s) for s in policy["PolicyDocument"]["Statement"])
    for name, policy in of_type(template, "AWS::IAM::Policy").items():
        yield from ((name, s) for s in policy["Properties"]["PolicyDocument"]["Statement"])


def grants(template: dict) -> dict[str, list[str]]:
    """Role → what it may do, as sorted `action target` lines; bucket names shortened to logical ids."""
    named = {
        target(bucket["Properties"].get("BucketName", name)): name
        for name, bucket in of_type(template, "AWS::S3::Bucket").items()
    }
    found: dict[str, list[str]] = {}
    for name, statement in statements(template):
        for resource in listed(statement["Resource"]):
            bucket, slash, rest = target(resource).partition("/")
            what = named.get(bucket, bucket) + slash + rest
            found.setdefault(name, []).extend(
                f"{action} {what}" for action in listed(statement["Action"])
            )
    return {name: sorted(lines) for name, lines in found.items()}


def faults(template: dict) -> list[str]:
    """Every breach of every rule."""
    rules = (_wildcards, _roles, _logs, _buckets, _queues, _triggers, _keys, _environment)
    return [fault for rule in rules for fault in rule(template)]


def _wildcards(template: dict) -> Iterator[str]:
    for name, statement in statements(template):
        actions, resources = listed(statement["Action"]), listed(statement["Resource"])
        if statement["Effect"] != "Allow" or "NotAction" in statement or "NotResource" in statement:
            yield f"plain-statements: {name} {statement.get('Sid')}"
        if any("*" in action for action in actions):
            yield f"wildcard-action: {name} {actions}"
        if (
            any(target(r).startswith("*") for r in resources)
            and not set(actions) <= WITHOUT_RESOURCE
        ):
            yield f"wildcard-resource: {name} {actions}"


def _roles(template: dict) -> Iterator[str]:
    """A role is shared by functions of one crate at most, which are the same binary."""
    roles = of_type(template, "AWS::IAM::Role")
    binaries: dict[str, set[str]] = {}
    for name, function in of_type(template, FUNCTION).items():
        properties = function["Properties"]
        role = target(properties["Role"]) if "Role" in properties else None
        if role not in roles:
            yield f"role: {name} has no role of this template"
        else:
            binary = function["Metadata"]["BuildProperties"]["Binary"]
            binaries.setdefault(role, set()).add(binary)
        if "Policies" in properties:
            yield f"role: {name} has SAM policies; write them into its role"
    for role, resource in roles.items():
        users = binaries.get(role, set())
        if not users:
            yield f"unused-role: {role}"
        if len(users) > 1:
            yield f"shared-role: {role} is of {sorted(users)}"
        if resource["Properties"].get("ManagedPolicyArns"):
            yield f"role: {role} has managed policies"
    for name, policy in of_type(template, "AWS::IAM::Policy").items():
        if name == "TracingPolicy" and {target(r) for r in policy["Properties"]["Roles"]} != set(
            roles
        ):
            yield "tracing: TracingPolicy does not name every role"


def _logs(template: dict) -> Iterator[str]:
    groups = of_type(template, "AWS::Logs::LogGroup")
    allowed = grants(template)
    for name, group in groups.items():
        if "RetentionInDays" not in group["Properties"]:
            yield f"log-retention: {name}"
    for name, function in of_type(template, FUNCTION).items():
        properties = function["Properties"]
        group = target(properties.get("LoggingConfig", {}).get("LogGroup", "nothing"))
        if group not in groups:
            yield f"log-group: {name} logs to {group}"
        lines = allowed.get(target(properties.get("Role", "")), [])
        if [line for line in lines if line.startswith("logs:")] != [
            f"logs:CreateLogStream {group}",
            f"logs:PutLogEvents {group}",
        ]:
            yield f"log-grant: {name} may not write to its own log group alone"


def _tls_only(template: dict, kind: str, key: str) -> set[str]:
    """Logical ids whose policy of `kind` refuses plain HTTP for the whole resource."""
    safe = set()
    for policy in of_type(template, kind).values():
        properties = policy["Properties"]
        owners = {target(owner) for owner in listed(properties[key])}
        for statement in properties["PolicyDocument"]["Statement"]:
            refuses = (
                statement["Effect"] == "Deny"
                and statement["Principal"] == "*"
                and listed(statement["Action"]) in (["s3:*"], ["sqs:*"])
                and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            )
            covered = {target(resource) for resource in listed(statement["Resource"])}
            for owner in owners:
                wanted = {owner, f"{owner}/*"} if kind.startswith("AWS::S3") else {owner}
                if refuses and wanted <= covered:
                    safe.add(owner)
    return safe


def _buckets(template: dict) -> Iterator[str]:
    safe = _tls_only(template, "AWS::S3::BucketPolicy", "Bucket")
    for name, bucket in of_type(template, "AWS::S3::Bucket").items():
        properties = bucket["Properties"]
        access = properties.get("PublicAccessBlockConfiguration", {})
        ownership = properties.get("OwnershipControls", {}).get("Rules")
        if (
            not all(access.get(setting) is True for setting in PUBLIC_ACCESS)
            or "AccessControl" in properties
        ):
            yield f"public-bucket: {name}"
        if ownership != [{"ObjectOwnership": "BucketOwnerEnforced"}]:
            yield f"bucket-ownership: {name}"
        if not properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration"):
            yield f"bucket-encryption: {name}"
        if name not in safe:
            yield f"tls-only: {name}"
        if not str(bucket.get("DeletionPolicy")).startswith("Retain"):
            yield f"retained: {name}"
    for policy in of_type(template, "AWS::S3::BucketPolicy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                yield f"bucket-policy: {statement.get('Sid')} allows; roles do that"


def _queues(template: dict) -> Iterator[str]:
    queues = of_type(template, "AWS::SQS::Queue")
    safe = _tls_only(template, "AWS::SQS::QueuePolicy", "Queues")
    dead = {
        target(queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in queues.values()
        if "RedrivePolicy" in queue["Properties"]
    }
    for name, queue in queues.items():
        properties = queue["Properties"]
        if (
            properties.get("SqsManagedSseEnabled") is not True
            and "KmsMasterKeyId" not in properties
        ):
            yield f"queue-encryption: {name}"
        if name not in safe:
            yield f"tls-only: {name}"
        if name not in dead and "RedrivePolicy" not in properties:
            yield f"dead-letters: {name} has no dead-letter queue"


def _triggers(template: dict) -> Iterator[str]:
    default = template["Globals"]["Function"]["Timeout"]
    queues = of_type(template, "AWS::SQS::Queue")
    for name, function in of_type(template, FUNCTION).items():
        timeout = function["Properties"].get("Timeout", default)
        for event in function["Properties"].get("Events", {}).values():
            properties = event["Properties"]
            if event["Type"] == "HttpApi" and timeout > 29:
                yield f"http-timeout: {name} answers after API Gateway has given up"
            if event["Type"] != "SQS":
                continue
            queue = queues[target(properties["Queue"])]["Properties"]
            if queue.get("VisibilityTimeout", 30) < 6 * timeout:
                yield f"visibility: {name}'s queue hides a message for less than six timeouts"
            if properties.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
                yield f"partial-failures: {name}"
            if "MaximumConcurrency" not in properties.get("ScalingConfig", {}):
                yield f"concurrency: {name} has no ceiling"


def _keys(template: dict) -> Iterator[str]:
    for name, key in of_type(template, "AWS::KMS::Key").items():
        if key["Properties"].get("EnableKeyRotation") is not True:
            yield f"key-rotation: {name}"
        if not str(key.get("DeletionPolicy")).startswith("Retain"):
            yield f"retained: {name}"


def _environment(template: dict) -> Iterator[str]:
    """No secret in a variable, and a variable for each thing a role may touch."""
    hidden = {name for name, p in template["Parameters"].items() if p.get("NoEcho")}
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    for name, function in of_type(template, FUNCTION).items():
        variables = function["Properties"].get("Environment", {}).get("Variables", {})
        for variable, value in {**shared, **variables}.items():
            if any(f"'{secret}'" in str(value) or "${" + secret in str(value) for secret in hidden):
                yield f"secret-variable: {name} {variable}"
