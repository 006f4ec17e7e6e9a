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
    local requirements=$REPO/infra/requirements-checkov.txt venv
    venv="$(dirname "$(dirname "$(dirname "$PYTHON")")")/checkov-$(sha256sum "$requirements" | cut -c1-12)"
    if [ ! -e "$venv/complete" ]; then
        say "installing checkov into $venv"
        rm -rf "$venv"
        if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q -r "$requirements" >&2; }; then
            fail "checkov could not be installed"
        fi
        touch "$venv/complete"
    fi
    printf '%s\n' "$venv/bin/checkov"
}
