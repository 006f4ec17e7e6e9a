#!/usr/bin/env bash
# Builds the functions for Lambda and holds them to their limits (`make package`).
#
#   infra/package/package.sh [--arch x86_64|arm64]
#
# Leaves .aws-sam/build for `make deploy` and a zip of each binary in .aws-sam/zips. Builds natively
# with cargo, into CARGO_TARGET_DIR when that is set; with PACKAGE_ZIG=1 through zig, for
# machines whose C library is so new that the check refuses the result.
set -euo pipefail
# shellcheck source=infra/package/tools.sh
source "$(dirname "$0")/tools.sh"

arch=x86_64
while [ $# -gt 0 ]; do
    case "$1" in
        --arch) arch=${2:?--arch wants x86_64 or arm64}; shift 2 ;;
        -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
command -v readelf >/dev/null || fail "readelf is missing: apt-get install binutils"
command -v protoc >/dev/null || fail "protoc is missing: apt-get install protobuf-compiler"
use_tools
cd "$REPO"

say "pdfium for the layer"
infra/package/pdfium.sh infra/layers/pdfium "$arch"

# Identical functions are folded and unused sections dropped by the linker (rust-lld, the toolchain's
# own). Not packed relative relocations: their binaries ask the loader for glibc 2.36. The CPU is the
# one cargo-lambda would name; it gives way to RUSTFLAGS, so it is repeated here.
case "$arch" in
    x86_64) cpu=haswell flags=() ;;
    arm64) cpu=neoverse-n1 flags=(--arm64) ;;
    *) fail "unknown architecture $arch: x86_64 or arm64" ;;
esac
export RUSTFLAGS="-C target-cpu=$cpu -C link-arg=-Wl,--gc-sections"
if [ "${PACKAGE_ZIG:-0}" = 1 ]; then
    export CARGO_LAMBDA_COMPILER=cargo_zigbuild
else
    export CARGO_LAMBDA_COMPILER=cargo
    RUSTFLAGS+=" -C link-arg=-Wl,--icf=all"
fi

mapfile -t binaries < <("$PYTHON" infra/package/binaries.py template.yaml)
bins=()
for binary in "${binaries[@]}"; do bins+=(--bin "$binary"); done
say "building ${binaries[*]}"
# One build of all of them first: sam hides cargo's progress and builds one binary after the other.
# From the workspace root and without -p, so that features unify as they do everywhere else.
started=$SECONDS
cargo lambda build --release --locked "${flags[@]}" "${bins[@]}" >&2
say "built in $((SECONDS - started)) s; now sam build"
started=$SECONDS
sam build --parameter-overrides "Architecture=$arch" >&2
say "sam build took $((SECONDS - started)) s"
"$PYTHON" infra/package/check.py .aws-sam/build
