#!/usr/bin/env bash
# Licences, sources and bans of the dependency tree, and its advisories where a database can be had.
#
#   infra/package/deny.sh
#
# Builds cargo-deny once, into ~/.cache/dynamic-rag or where DYNRAG_CACHE says, when cargo has none.
set -euo pipefail
cd "$(dirname "$0")/../.."

VERSION=0.20.2
deny=$(command -v cargo-deny || true)
if [ -z "$deny" ]; then
    root=${DYNRAG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dynamic-rag}/cargo-deny-$VERSION
    deny=$root/bin/cargo-deny
    if [ ! -x "$deny" ]; then
        echo "building cargo-deny $VERSION into $root (three minutes of CPU, once)" >&2
        CARGO_TARGET_DIR=$root/target cargo install --quiet --locked --root "$root" cargo-deny --version "$VERSION"
        rm -rf "$root/target"
    fi
fi
"$deny" --log-level error --locked check --hide-inclusion-graph bans licenses sources
if "$deny" --log-level off fetch db >/dev/null 2>&1; then
    "$deny" --log-level error check --disable-fetch advisories
else
    echo "no RustSec database could be had: advisories were not checked" >&2
fi
