#!/usr/bin/env bash
# Measures extraction: every file of a folder through the sandbox.
#
#   bench/extract/run.sh DATA
#
# See extract.py for what DATA holds and what is printed. The independent readers live in a Python
# environment of their own.
set -euo pipefail
cd "$(dirname "$0")/../.."

data=$(realpath "${1:?usage: bench/extract/run.sh DATA}")
infra/package/pdfium.sh infra/layers/pdfium
cargo build --release --locked --package dynrag-extract --bin dynrag-extract
python=$(python3 infra/local/stack.py python --requirements bench/extract/requirements.txt | tail -n 1)
"$python" bench/extract/extract.py "$data" \
    --binary "${CARGO_TARGET_DIR:-target}/release/dynrag-extract" \
    --pdfium infra/layers/pdfium/lib/libpdfium.so
