"""Deletes a stack and the data that CloudFormation keeps; infra/package/teardown.sh explains."""

import argparse
import sys

import boto3
from botocore.exceptions import ClientError

KEPT = ("AWS::S3::Bucket", "AWS::KMS::Key")


def kept_resources(cloudformation, stack: str) -> list[tuple[str, str]]:
    """(type, physical id) of what outlives the stack."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [
        (resource["ResourceType"], resource["PhysicalResourceId"])
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] in KEPT
    ]


def empty_bucket(s3, bucket: str) -> int:
    """Deletes every object and version; returns how many. S3 lists and deletes 1,000 at a time."""
    deleted = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        if keys:
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            if answer.get("Errors"):
                raise SystemExit(f"{bucket}: {answer['Errors'][0]}")
            deleted += len(keys)
    return deleted


def main() -> None:
    """Asks, deletes the stack, then what it kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("--keep-data", action="store_true")
    parser.add_argument("--yes", action="store_true")
    given = parser.parse_args()
    stack = f"dynrag-{given.stage}"
    if given.yes and given.stage == "prod":
        sys.exit("--yes is refused for prod")

    cloudformation, s3, kms = (boto3.client(name) for name in ("cloudformation", "s3", "kms"))
    try:
        kept = kept_resources(cloudformation, stack)
    except ClientError as error:
        sys.exit(f"{stack}: {error.response['Error']['Message']}")
    print(f"{stack} in {cloudformation.meta.region_name}: the stack goes", file=sys.stderr)
    for kind, name in kept:
        fate = "stays" if given.keep_data else "goes, with all it holds"
        print(f"  {kind} {name} {fate}", file=sys.stderr)
    if not given.yes and input(f"type {stack} to go on: ").strip() != stack:
        sys.exit("nothing was deleted")

    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack)
    print(f"{stack} is deleted", file=sys.stderr)
    if given.keep_data:
        return
    for kind, name in kept:
        if kind == "AWS::S3::Bucket":
            print(f"{name}: {empty_bucket(s3, name)} objects deleted", file=sys.stderr)
            s3.delete_bucket(Bucket=name)
        else:
            answer = kms.schedule_key_deletion(KeyId=name, PendingWindowInDays=7)
            print(f"key {name} goes on {answer['DeletionDate']:%Y-%m-%d}", file=sys.stderr)


if __name__ == "__main__":
    main()
