#!/usr/bin/env bash
# Looks for what must never be logged (promise 19): signed tokens, API keys, keys of the provider, passwords in
# JSON, password hashes.
#
#   tests/secrets_in_logs.sh FOLDER
set -euo pipefail

FORMS='eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{20,}'
FORMS+='|drk_[A-Za-z0-9]{16}_[A-Za-z0-9_-]{20,}'
FORMS+='|sk-(own|bad|other|live|proj)?-?[A-Za-z0-9]{16,}'
FORMS+='|"[a-z]*[pP]assword" *: *"[^"]'
FORMS+='|[$]argon2id?[$]'

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

files=$(find "$1" -type f | wc -l)
if [ "$files" -eq 0 ]; then
    printf 'no logs in %s\n' "$1" >&2
    exit 1
fi
if grep -rnoaE -- "$FORMS" "$1" | cut -c 1-200 | head -n 20 | grep .; then
    printf 'secrets in the logs, see above\n' >&2
    exit 1
fi
printf 'none in %s files, %s\n' "$files" "$(du -sh "$1" | cut -f 1)"
