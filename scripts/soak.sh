#!/usr/bin/env bash
# Not there yet (`make soak`).
set -euo pipefail
echo "make soak: nothing to run yet" >&2
exit 1
