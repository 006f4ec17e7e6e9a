# Shared by the scripts here; to be sourced.
# shellcheck shell=bash disable=SC2034

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

STACK=(python3 infra/local/stack.py)
CACHE=${DYNRAG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dynamic-rag}

# CI starts from a new checkout each time: what it builds goes where it stays.
if [ "${CI:-}" = true ] && [ -z "${CARGO_TARGET_DIR:-}" ]; then
    export CARGO_TARGET_DIR=$CACHE/target
fi
BIN_DIR=${CARGO_TARGET_DIR:-$PWD/target}/debug

STEP=""

# step TITLE COMMAND...: runs it and prints how long it took. Not inside an `if`: there the shell
# would go on after a failure within a function.
step() {
    local began=$SECONDS
    STEP=$1
    shift
    printf '==> %s\n' "$STEP"
    "$@"
    printf '    %s: %d s\n' "$STEP" $((SECONDS - began))
    STEP=""
}

# Prints the closing line; CODE is the script's exit code.
closing_line() {
    if [ "$1" -eq 0 ]; then
        printf '\n%s: all passed in %d s.\n' "$(basename "$0" .sh)" "$SECONDS"
    else
        printf '\n%s: FAILED%s after %d s (code %d).\n' "$(basename "$0" .sh)" "${STEP:+ in \"$STEP\"}" "$SECONDS" "$1" >&2
    fi
}

# tool NAME VERSION: puts a cargo tool on the PATH, building it into the cache when it is missing.
tool() {
    local root=$CACHE/$1-$2
    if command -v "$1" >/dev/null; then
        return
    fi
    if [ ! -x "$root/bin/$1" ]; then
        CARGO_TARGET_DIR=$root/target cargo install --quiet --locked --root "$root" "$1" --version "$2"
        rm -rf "$root/target"
    fi
    PATH=$root/bin:$PATH
}
