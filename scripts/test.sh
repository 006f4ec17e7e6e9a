#!/usr/bin/env bash
# All tests, against a stack of their own (`make test`). The lints are in scripts/check.sh.
#
#   scripts/test.sh [arguments of cargo nextest run]
#
# The stack is called `test`, runs beside the developer's own and is removed at the end. Tests find it
# through DYNRAG_STACK, the path of a JSON file (`stack.py env`). DYNRAG_SOAK asks for the full forms.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

NEXTEST=0.9.143
STACK+=(--name test)
SCRATCH=$(mktemp -d)

finish() {
    local code=$?
    trap - EXIT INT TERM
    if [ "$code" -ne 0 ] && [[ $STEP = tests || $STEP = "the stack"* ]]; then
        printf '\nThe last lines of every log:\n' >&2
        "${STACK[@]}" logs -n 15 >&2 || true
    fi
    "${STACK[@]}" destroy || true
    rm -rf "$SCRATCH"
    closing_line "$code"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# All targets at once: the binaries the stack deploys and the test binaries share every crate,
# since the features of development dependencies are unified the same way for both.
build() { cargo build --locked --workspace --all-targets; }

bring_up() {
    local embeddings=()
    "${STACK[@]}" destroy # what a killed run may have left
    if [ -x "$BIN_DIR/dynrag-fake-openai" ]; then
        embeddings=(--fake-openai)
    fi
    # All tests come from one address; the sites they open have these.
    "${STACK[@]}" up --no-build --ephemeral --postgres-in-memory --parameter AttemptsPerAddress=1000000 \
        --parameter "WebAllow=$(printf '127.0.0.1:%d,' {18470..18489} {18941..18948})" "${embeddings[@]}"
}

# The extractor's tests read PDFs with the library that is deployed.
pdfium() { PYTHON=$("${STACK[@]}" python | tail -n 1) infra/package/pdfium.sh infra/layers/pdfium; }

# A quick look by the same seed each time; the full form looks elsewhere each time.
contract() {
    local how=(--examples 3 --seed 1)
    if [ -n "${DYNRAG_SOAK:-}" ]; then
        how=(--examples 100)
    fi
    "$("${STACK[@]}" python | tail -n 1)" tests/schemathesis/run.py "$SCRATCH/stack.json" "${how[@]}"
}

# OpenAI's own client, as it comes.
openai_client() { "$("${STACK[@]}" python | tail -n 1)" tests/openai/run.py "$SCRATCH/stack.json"; }

# The other clients of OpenAI's API, of which the packages are fetched: in the full form alone.
other_clients() { "$("${STACK[@]}" python | tail -n 1)" tests/openai/run.py "$SCRATCH/stack.json" --all; }

# Clients of the MCP server and the protocol's conformance suite, of which the packages are fetched: in the full form alone.
mcp_clients() { "$("${STACK[@]}" python | tail -n 1)" tests/mcp/run.py "$SCRATCH/stack.json"; }

# The injections of agentdojo, of which the package is fetched: in the full form alone.
injections() { "$("${STACK[@]}" python | tail -n 1)" tests/agentdojo/run.py "$SCRATCH/stack.json"; }

# A real model, with a stack of its own.
liar() { "$("${STACK[@]}" python | tail -n 1)" tests/liar/run.py; }

# After all that happened: nobody wrote a token, a key or a password down.
secrets_written() {
    local known='import json, sys; s = json.load(open(sys.argv[1])); print(s["postgresCa"], s["postgresSuperuserUrl"])'
    local ca url
    read -r ca url < <(python3 -c "$known" "$SCRATCH/stack.json")
    PGSSLROOTCERT=$ca tests/secrets_written.sh .local/test/logs "$url"
}

tests() {
    tool cargo-nextest "$NEXTEST"
    "${STACK[@]}" env >"$SCRATCH/stack.json"
    DYNRAG_STACK=$SCRATCH/stack.json cargo nextest run --locked --workspace --no-fail-fast "$@"
}

step "packages and tools" "${STACK[@]}" needs
step "cargo build" build
step "test stack" bring_up
step "pdfium" pdfium
step "tests" tests "$@"
if [ $# -eq 0 ]; then
    step "the stack keeps to docs/openapi.json" contract
    step "openai-python" openai_client
    if [ -n "${DYNRAG_SOAK:-}" ]; then
        step "agentdojo" injections
        step "LangChain, LlamaIndex, Node, Open WebUI" other_clients
        step "MCP clients and conformance" mcp_clients
        step "a model that lies" liar
    fi
    step "no secrets in logs and database" secrets_written
fi
step "examples in the documentation" cargo test --quiet --locked --workspace --doc
