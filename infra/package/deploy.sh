#!/usr/bin/env bash
# Deploys what `make package` built (`make deploy STAGE=dev`).
#
#   infra/package/deploy.sh STAGE
#
# STAGE is a section of samconfig.toml: dev, staging or prod. The first deployment wants, in the
# environment, DATABASE_HOST and DATABASE_OWNER_PASSWORD; later ones keep what they were told. Also
# read: DATABASE_PORT, DATABASE_NAME, DATABASE_OWNER_USER, DATABASE_CA_FILE (a PEM file),
# OPENAI_API_KEY, EMBEDDINGS_BASE_URL, EMBEDDING_MODEL, EMBEDDING_DIMENSIONS, PLATFORM_MODELS,
# PLATFORM_CHAT_MODELS, CHAT_PROVIDERS, PLATFORM_BUDGET_USD, CORS_ORIGIN, SECOND_CORS_ORIGIN, ALARM_EMAIL, MAIL_FROM, APP_URL, PUBLIC_API_URL,
# SIGNUP_MODE (open, invited, closed), WEB_ALLOW (host:port,... that customers' webhooks and pages may
# name although not public; '' forgets them), and the usual AWS_PROFILE and AWS_REGION.
#
# The migrations run during the deployment, before it is called complete, when one is new.
set -euo pipefail
# shellcheck source=infra/package/tools.sh
source "$(dirname "$0")/tools.sh"

case "${1:-}" in
    -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
    "" | -*) fail "usage: deploy.sh STAGE; see --help" ;;
esac
stage=$1
use_tools
cd "$REPO"
[ -f .aws-sam/build/template.yaml ] || fail "nothing is built: run make package first"

# sam takes the file for YAML by its ending; JSON is YAML.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
say "deploying dynrag-$stage with"
"$PYTHON" infra/package/parameters.py "$REPO" "$stage" "$scratch/parameters.yaml"
sam deploy --config-file "$REPO/samconfig.toml" --config-env "$stage" \
    --template-file .aws-sam/build/template.yaml \
    --parameter-overrides "file://$scratch/parameters.yaml"
