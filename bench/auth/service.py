"""`GET /api/auth/me` with FastAPI and asyncpg, for auth.py to compare with.

Checks what the function checks, in the same order: one credential, the token's signature and claims or
the key's checksum and hash, then the one statement. It is let off what costs extra: the answer is
no Pydantic model, and the pool does not reset its connection (the function's does not either).
"""

import base64
import hashlib
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import asyncpg
import jwt
from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse

SETTINGS = json.loads(os.environ["BENCH_SERVICE"])
SECRETS = {UUID(customer): secrets for customer, secrets in SETTINGS["secrets"].items()}
QUERIES = Path(SETTINGS["queries"])
ADMIT_USER = (QUERIES / "user.sql").read_text()
ADMIT_API_KEY = (QUERIES / "api_key.sql").read_text()

ROUTE, CLASS = "auth-me", "manage"
ALL_SCOPES = "documents:read documents:write search chat webhooks metrics admin:tenant".split()
ROLE_SCOPES = {"business": ALL_SCOPES, "user": ["search", "chat"]}
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
UNAUTHENTICATED = HTTPException(401, "unauthenticated")


async def no_reset(_: asyncpg.Connection) -> None:
    """Leaves a connection as it is."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Holds one connection over verified TLS, as a function instance does."""
    login = SETTINGS["database"]
    async with asyncpg.create_pool(
        host=login["host"],
        port=int(login["port"]),
        database=login["dbname"],
        user=login["username"],
        password=login["password"],
        ssl=ssl.create_default_context(cadata=login["caPem"]),
        min_size=1,
        max_size=1,
        statement_cache_size=SETTINGS["statementCacheSize"],
        reset=no_reset,
    ) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


def verify(token: str) -> tuple[dict, int]:
    """The claims of an access token, and the version of the customer's secret that signed it."""
    try:
        payload = token.split(".")[1]
        unverified = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        customer = UUID(unverified["cid"])
        for secret in SECRETS.get(customer, ()):
            try:
                claims = jwt.decode(
                    token,
                    secret["text"],
                    algorithms=["HS256"],
                    issuer=SETTINGS["issuer"],
                    audience="dynamic-rag-api",
                    leeway=5,
                    options={"require": ["exp", "iss", "aud", "sub"]},
                )
            except jwt.InvalidSignatureError:
                continue
            if claims["typ"] == "access" and UUID(claims["cid"]) == customer:
                return claims, secret["version"]
    except (jwt.InvalidTokenError, ValueError, KeyError, IndexError, TypeError):
        pass
    raise UNAUTHENTICATED


def parse(key: str) -> tuple[str, bytes]:
    """The public part of a key and the hash of its secret part."""
    public, _, secret = key.removeprefix("drk_").partition("_")
    if not key.startswith("drk_") or len(public) != 16 or len(secret) != 49:
        raise UNAUTHENTICATED
    digest = hashlib.sha256(f"{public}_{secret[:43]}".encode()).digest()
    if "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:6]) != secret[43:]:
        raise UNAUTHENTICATED
    return public, hashlib.sha256(secret.encode()).digest()


@app.get("/api/auth/me")
async def me(
    request: Request,
    authorization: Annotated[str | None, Header()] = None,
    x_api_key: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    """Answers who the caller is."""
    pool: asyncpg.Pool = request.app.state.pool
    if authorization and not x_api_key:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise UNAUTHENTICATED
        claims, version = verify(token.strip())
        issued_at = datetime.fromtimestamp(claims["iat"], UTC)
        subject = (claims["cid"], claims["sub"], claims["sid"])
        row = await pool.fetchrow(ADMIT_USER, *subject, version, issued_at, ROUTE, CLASS)
    elif x_api_key and not authorization:
        row = await pool.fetchrow(ADMIT_API_KEY, *parse(x_api_key.strip()), ROUTE, CLASS)
    else:
        raise UNAUTHENTICATED
    if row["verdict"] != "ok":
        refusals = {"rate_limited": 429, "suspended": 403}
        raise HTTPException(refusals.get(row["verdict"], 401), row["verdict"])
    who = {"customerId": str(row["customer_id"]), "id": str(row["principal_id"])}
    if row["role"] is None:
        who |= {"kind": "apiKey", "scopes": row["scopes"]}
    else:
        who |= {"kind": "user", "email": row["email"], "role": row["role"]}
        who["scopes"] = ROLE_SCOPES[row["role"]]
    return JSONResponse({**who, "config": json.loads(row["config"])})
