"""Writes the parameters of a deployment for `sam deploy`: samconfig.toml's, then the environment's.

A flag replaces what samconfig.toml says instead of adding to it, hence this. The file keeps secrets
out of the process list; the caller removes it. A parameter named nowhere keeps its last value.
"""

import hashlib
import json
import os
import sys
import tomllib
from pathlib import Path

# Environment variable → template parameter.
FROM_ENVIRONMENT = {
    "ALARM_EMAIL": "AlarmEmail",
    "MAIL_FROM": "MailFrom",
    "APP_URL": "AppUrl",
    "SIGNUP_MODE": "SignupMode",
    "CHAT_PROVIDERS": "ChatProviders",
    "CORS_ORIGIN": "CorsOrigin",
    "DATABASE_HOST": "DatabaseHost",
    "DATABASE_NAME": "DatabaseName",
    "DATABASE_OWNER_PASSWORD": "DatabaseOwnerPassword",
    "DATABASE_OWNER_USER": "DatabaseOwnerUser",
    "DATABASE_PORT": "DatabasePort",
    "EMBEDDINGS_BASE_URL": "EmbeddingsBaseUrl",
    "EMBEDDING_DIMENSIONS": "EmbeddingDimensions",
    "EMBEDDING_MODEL": "EmbeddingModel",
    "OPENAI_API_KEY": "OpenAiApiKey",
    "PLATFORM_BUDGET_USD": "PlatformBudgetUsd",
    "PLATFORM_CHAT_MODELS": "PlatformChatModels",
    "PLATFORM_MODELS": "PlatformModels",
    "PUBLIC_API_URL": "PublicApiUrl",
    "SECOND_CORS_ORIGIN": "SecondCorsOrigin",
    "WEB_ALLOW": "WebAllow",
}


def migrations_hash(folder: Path) -> str:
    """SHA-256 over the names and texts of the migrations."""
    whole = hashlib.sha256()
    for file in sorted(folder.rglob("*.sql")):
        whole.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return whole.hexdigest()


def parameters(repo: Path, stage: str, environment: dict[str, str]) -> dict[str, str]:
    """Every parameter to hand over; KeyError when samconfig.toml does not know the stage."""
    config = tomllib.loads((repo / "samconfig.toml").read_text())
    overrides = config[stage]["deploy"]["parameters"]["parameter_overrides"]
    values = {}
    for pair in overrides:
        name, _, value = pair.partition("=")
        values[name] = value.strip("'")
    for variable, name in FROM_ENVIRONMENT.items():
        if variable in environment:
            values[name] = environment[variable]
    if environment.get("DATABASE_CA_FILE"):
        pem = Path(environment["DATABASE_CA_FILE"]).read_text().strip()
        values["DatabaseCaPem"] = pem.replace("\r", "").replace("\n", "\\n")
    values["MigrationsHash"] = migrations_hash(repo / "migrations")
    return values


if __name__ == "__main__":
    checkout, wanted_stage, target = sys.argv[1:]
    try:
        found = parameters(Path(checkout), wanted_stage, dict(os.environ))
    except KeyError:
        sys.exit(f"samconfig.toml has no stage {wanted_stage}")
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(found, out)
    shown = sorted(
        name
        for name in found
        if name not in ("DatabaseOwnerPassword", "OpenAiApiKey", "DatabaseCaPem")
    )
    print("\n".join(f"  {name} = {found[name]}" for name in shown), file=sys.stderr)
