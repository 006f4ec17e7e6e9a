#!/usr/bin/env bash
# Not there yet (`make bench`).
set -euo pipefail
echo "make bench: nothing to run yet" >&2
exit 1
