#!/usr/bin/env bash
# Checks what is not Rust: template.yaml (cfn-lint, checkov, our own rules), the scripts, the Python.
#
#   infra/package/lint.sh
set -euo pipefail
# shellcheck source=infra/package/tools.sh
source "$(dirname "$0")/tools.sh"

use_tools
cd "$REPO"
say "cfn-lint"
cfn-lint template.yaml
say "checkov"
"$(checkov_path)" --config-file .checkov.yaml --file template.yaml
say "rules of the template, of the packages and of the crates"
"$PYTHON" -m unittest discover --start-directory infra/package/tests --buffer
say "ruff"
ruff check --quiet infra bench tests
ruff format --quiet --check infra bench tests
if command -v shellcheck >/dev/null; then
    say "shellcheck"
    mapfile -t scripts < <(find infra .ci -name '*.sh' -o -path '.ci/run')
    shellcheck "${scripts[@]}"
else
    say "shellcheck is not installed (apt-get install shellcheck): the scripts were not checked"
fi
