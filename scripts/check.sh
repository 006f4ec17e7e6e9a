#!/usr/bin/env bash
# Formats, lints, documentation, unused and forbidden dependencies, the template (`make check`).
#
# Cargo has one core's worth of work when little has changed, and so have the Python tools: they run beside each other.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

BESIDE=$(mktemp)
finish() {
    local code=$?
    trap - EXIT
    if [ -n "$(jobs -p)" ]; then
        # shellcheck disable=SC2046
        kill $(jobs -p) 2>/dev/null || true
    fi
    rm -f "$BESIDE"
    closing_line "$code"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

clippy() { cargo clippy --locked --workspace --all-targets -- -D warnings; }
documentation() { RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --workspace --no-deps; }
scripts() { shellcheck -x scripts/*.sh tests/*.sh .ci/run; }
# Development dependencies that switch a feature on would have everything above that crate built
# twice, once for `make up` and once for the tests: minutes for LanceDB. The cure is to make the
# culprit a normal dependency of shared/testing.
one_set_of_features() {
    local shipped tested others
    shipped=$(features no-dev)
    tested=$(features normal,build,dev)
    others=$(awk 'NR == FNR { names[$1 " " $2]; seen[$0]; next } ($1 " " $2) in names && !($0 in seen)' \
        <(echo "$shipped") <(echo "$tested"))
    if [ -n "$others" ]; then
        printf 'with other features in the tests:\n%s\n' "$others" >&2
        return 1
    fi
}
features() { cargo tree --locked --workspace -e "$1" --prefix none -f '{p} [{f}]' | sed 's/ (\*)$//' | sort -u; }
local_stack() {
    "$("${STACK[@]}" python)" -m unittest discover --start-directory infra/local/tests --buffer
}
not_cargo() {
    step "template and Python" infra/package/lint.sh
    step "the local stack's own tests" local_stack
}
# Waits for what runs beside, and shows what it printed.
beside() {
    local code=0
    wait "$1" || code=$?
    cat "$BESIDE"
    return "$code"
}

step "packages and tools" "${STACK[@]}" needs
step "rustfmt" cargo fmt --check
step "shellcheck" scripts
step "one set of features" one_set_of_features
not_cargo >"$BESIDE" 2>&1 &
python=$!
step "clippy" clippy
step "cargo doc" documentation
step "cargo deny" infra/package/deny.sh
step "what ran beside" beside "$python"
