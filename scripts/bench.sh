#!/usr/bin/env bash
# Measures (`make bench`, `make bench DATA=FOLDER`).
#
#   scripts/bench.sh [DATA]
#
# Startup, an authenticated request, fairness and search need nothing; search writes up to 6 GB beside the build. DATA is a folder with pdf/, html/, office/ and
# ir/cranfield.docs.xml (see bench/extract/extract.py and bench/ingest/ingest.py), as what reads files is measured
# on files that are not part of the repository.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

# Against a stack called `bench`, which it brings up and removes.
authenticated() {
    "$("${STACK[@]}" python | tail -n 1)" bench/auth/auth.py --bin-dir "${BIN_DIR%/debug}/release"
}
# The same.
ingestion() {
    "$("${STACK[@]}" python | tail -n 1)" bench/ingest/ingest.py \
        --bin-dir "${BIN_DIR%/debug}/release" "$1"
}
# The same.
fairness() {
    "$("${STACK[@]}" python | tail -n 1)" bench/ingest/fairness.py --bin-dir "${BIN_DIR%/debug}/release"
}
# Against LanceDB and Chroma, on a store of its own.
searching() {
    bench/search/search.py --search "${BIN_DIR%/debug}/release/examples/search" \
        --cache "${BIN_DIR%/debug}/bench-search"
}

step "packages and tools" "${STACK[@]}" needs
step "cargo build --release" cargo build --release --locked --workspace --bins --example search
step "startup" bench/startup/startup.py --bin-dir "${BIN_DIR%/debug}/release"
step "an authenticated request" authenticated
step "one customer beside another" fairness
step "search" searching
if [ $# -gt 0 ]; then
    step "extraction" bench/extract/run.sh "$1"
    step "ingestion" ingestion "$1"
fi
