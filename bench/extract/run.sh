#!/usr/bin/env bash
# Measures extraction: every file of a folder through the sandboxed child process.
#
#   bench/extract/run.sh FOLDER [TRUTH]
#
# FOLDER holds PDFs or pages; `NAME.html.gz` is unpacked first. TRUTH holds NAME.json files with
# the main content of NAME.html (`.ground_truth.main_content`), for the word F1. Neither belongs
# into the repository.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(realpath "${1:?usage: bench/extract/run.sh FOLDER [TRUTH]}")
truth=()
if [ -n "${2:-}" ]; then
    truth=(--truth "$(realpath "$2")")
fi
infra/package/pdfium.sh infra/layers/pdfium
cargo build --release --package dynrag-extract --bin dynrag-extract

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if compgen -G "$folder/*.gz" > /dev/null; then
    for page in "$folder"/*.gz; do
        gunzip --stdout "$page" > "$scratch/$(basename "$page" .gz)"
    done
    folder=$scratch
fi
"${CARGO_TARGET_DIR:-target}/release/dynrag-extract" \
    --pdfium infra/layers/pdfium/lib/libpdfium.so "${truth[@]}" bench "$folder"
