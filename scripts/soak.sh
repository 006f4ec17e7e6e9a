#!/usr/bin/env bash
# The promises' tests in their full form, and schemathesis with a hundred examples of each operation (`make soak`).
#
#   scripts/soak.sh [arguments of cargo nextest run]
#
# As scripts/test.sh; takes the better part of an hour.
set -euo pipefail
DYNRAG_SOAK=1 NEXTEST_PROFILE=soak exec "$(dirname "$0")/test.sh" "$@"
