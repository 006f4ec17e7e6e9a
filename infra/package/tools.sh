# Finds or makes the Python tools; to be sourced. Sets PYTHON and puts the tools' folder on PATH.
# shellcheck shell=bash

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# The one virtual environment of infra/requirements.txt, which the local stack uses too.
use_tools() {
    PYTHON=$(python3 "$REPO/infra/local/stack.py" python | tail -n 1) || fail "the Python tools could not be installed"
    PATH="$(dirname "$PYTHON"):$PATH"
    export PYTHON PATH SAM_CLI_TELEMETRY=0
}

# Prints the path of checkov, from an environment of its own beside the other one.
checkov_path() {
    local python
    python=$(python3 "$REPO/infra/local/stack.py" python --requirements "$REPO/infra/requirements-checkov.txt" | tail -n 1) ||
        fail "checkov could not be installed"
    printf '%s\n' "$(dirname "$python")/checkov"
}
