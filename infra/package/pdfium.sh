#!/usr/bin/env bash
# Fetches libpdfium.so for the embedding function's layer.
#
#   infra/package/pdfium.sh TARGETDIR [x86_64|arm64]
#
# TARGETDIR/lib/libpdfium.so comes from the pypdfium2 wheel, whose SHA-256 is pinned below. Does nothing
# when that very library is there already; TARGETDIR.wheel remembers which.
set -euo pipefail

VERSION=5.15.2
case "${2:-x86_64}" in
    x86_64) platform=manylinux_2_17_x86_64 want=dc31aea5b0fb9fefc9b537a65f4113980b2c40798445736a7e6565bc85161e37 ;;
    arm64) platform=manylinux_2_17_aarch64 want=dd46e93c0c3a73f6cea8489baff6d77a5d0759dd53fbbce0aeb49c91830176fc ;;
    *) echo "unknown architecture $2: x86_64 or arm64" >&2; exit 2 ;;
esac
target=${1:?usage: pdfium.sh TARGETDIR [x86_64|arm64]}
target=${target%/}

if [ -f "$target/lib/libpdfium.so" ] && [ "$(cat "$target.wheel" 2>/dev/null)" = "$want" ]; then
    exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "fetching pypdfium2 $VERSION for $platform" >&2
"${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --platform "$platform" --dest "$scratch" "pypdfium2==$VERSION"
wheel=$(echo "$scratch"/*.whl)
echo "$want  $wheel" | sha256sum --check --quiet
mkdir -p "$target/lib"
python3 - "$wheel" "$target/lib/libpdfium.so" <<'PY'
import os, sys, zipfile

wheel, library = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    (name,) = [n for n in archive.namelist() if n.endswith("/libpdfium.so")]
    with open(library + ".partial", "wb") as out:
        out.write(archive.read(name))
os.chmod(library + ".partial", 0o755)
os.replace(library + ".partial", library)
PY
echo "$want" > "$target.wheel"
