#!/usr/bin/env bash
# Looks for what must never be written down (promise 19): in logs signed tokens, API keys, keys of the provider,
# passwords in JSON, password hashes; in the database all but the last.
#
#   tests/secrets_written.sh FOLDER [DATABASE_URL]
set -euo pipefail

TOKENS='eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{20,}'
TOKENS+='|drk_[A-Za-z0-9]{16}_[A-Za-z0-9_-]{20,}'
TOKENS+='|sk-(own|bad|other|live|proj)?-?[A-Za-z0-9]{16,}'
TOKENS+='|"[a-z]*[pP]assword" *: *"[^"]'
FORMS="$TOKENS|[\$]argon2id?[\$]"

# What cannot find anything would find nothing.
for known in \
    '"Bearer eyJhbGciOiJIUzI1NiJ9.eyJjaWQiOiJhIn0abc.c2lnbmF0dXJlc2lnbmF0dXJl"' \
    'key=drk_0123456789abcdef_0123456789abcdefghijklmnop' \
    'sk-own-0123456789abcdef' '{"newPassword": "correct horse"}' "\$argon2id\$v=19\$"; do
    if ! grep -qE -- "$FORMS" <<<"$known"; then
        printf 'would not be found: %s\n' "$known" >&2
        exit 1
    fi
done

# found WHERE PATTERN FILES...: shows what was found, and where.
found() {
    local where=$1 pattern=$2
    shift 2
    if grep -rnoaE -- "$pattern" "$@" | cut -c 1-200 | head -n 20 | grep .; then
        printf 'secrets in the %s, see above\n' "$where" >&2
        exit 1
    fi
}

files=$(find "$1" -type f | wc -l)
if [ "$files" -eq 0 ]; then
    printf 'no logs in %s\n' "$1" >&2
    exit 1
fi
found logs "$FORMS" "$1"
printf 'none in %s files of logs, %s\n' "$files" "$(du -sh "$1" | cut -f 1)"

if [ $# -gt 1 ]; then
    dump=$(mktemp)
    trap 'rm -f "$dump"' EXIT
    pg_dump --no-owner "$2" >"$dump"
    found database "$TOKENS" "$dump"
    printf 'none in the database, %s\n' "$(du -sh "$dump" | cut -f 1)"
fi
