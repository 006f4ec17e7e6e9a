#!/usr/bin/env bash
# Takes a deployment down (`make teardown STAGE=dev`).
#
#   infra/package/teardown.sh STAGE [--keep-data] [--yes]
#
# Deletes the stack, then the buckets with every document and vector in them, and schedules the vault's
# key for deletion in seven days: what CloudFormation kept because it is the customers' data. Asks for
# the stack's name first; --yes does not ask, and is refused for prod. --keep-data deletes the stack
# alone. The Postgres is yours and stays. AWS_PROFILE and AWS_REGION as usual.
set -euo pipefail
# shellcheck source=infra/package/tools.sh
source "$(dirname "$0")/tools.sh"

case "${1:-}" in
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    "" | -*) fail "usage: teardown.sh STAGE [--keep-data] [--yes]; see --help" ;;
esac
use_tools
exec "$PYTHON" "$REPO/infra/package/teardown.py" "$@"
