#!/usr/bin/env bash
# Puts work back that was given up (`make redrive STAGE=dev ARGS=--yes`).
#
#   infra/package/redrive.sh [--stage STAGE] [--code CODE]... [--customer ID] [--since WHEN] [--yes]
#
# Counts, and with --yes does it: messages of the dead-letter queue go back to the queues they came from,
# and documents that ended badly are queued again. Without --code those are meant that another try may
# well mend: networks, servers, and what ran out of tries. With --code, --customer or --since it is about
# those documents alone, and the messages stay. Without --stage it is the local stack. AWS_PROFILE and
# AWS_REGION as usual.
set -euo pipefail
# shellcheck source=infra/package/tools.sh
source "$(dirname "$0")/tools.sh"

case "${1:-}" in
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
use_tools
exec "$PYTHON" "$REPO/infra/package/redrive.py" "$@"
