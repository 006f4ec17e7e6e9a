"""Prints the binaries that the functions of a SAM template run, one a line."""

import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse


def binaries(template: dict) -> list[str]:
    """Names of the binaries, sorted, each once."""
    return sorted(
        {
            resource["Metadata"]["BuildProperties"]["Binary"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::Serverless::Function"
        }
    )


if __name__ == "__main__":
    print("\n".join(binaries(yaml_parse(Path(sys.argv[1]).read_text()))))
