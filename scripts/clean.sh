#!/usr/bin/env bash
# Removes what was built in the checkout (`make clean`). Data of local stacks and the cache stay.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

cargo clean --quiet
rm -rf .aws-sam
echo "Kept: .local (data of local stacks; make destroy) and $CACHE (downloads; remove it by hand)."
