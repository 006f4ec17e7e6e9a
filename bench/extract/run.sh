#!/usr/bin/env bash
# Measures extraction: every file of a folder through the sandbox, then files that are written feature by feature.
#
#   bench/extract/run.sh DATA
#
# See extract.py for what DATA holds; it and features.py say what is printed. The independent readers and the
# writers live in a Python environment of their own.
set -euo pipefail
cd "$(dirname "$0")/../.."

data=$(realpath "${1:?usage: bench/extract/run.sh DATA}")
infra/package/pdfium.sh infra/layers/pdfium
cargo build --release --locked --package dynrag-extract --bin dynrag-extract
python=$(python3 infra/local/stack.py python --requirements bench/extract/requirements.txt | tail -n 1)
binary=${CARGO_TARGET_DIR:-target}/release/dynrag-extract
"$python" bench/extract/extract.py "$data" --binary "$binary" \
    --pdfium infra/layers/pdfium/lib/libpdfium.so
"$python" bench/extract/features.py --binary "$binary"
