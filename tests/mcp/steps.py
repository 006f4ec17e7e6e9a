"""Twelve steps of a client of the MCP server, each with what it must get.

    steps.py mcp|fastmcp URL EMAIL PASSWORD KEY

The client `mcp` logs in by OAuth: it registers itself, and a browser (browser.py) consents. `fastmcp` has
the key.
"""

import asyncio
import json
import sys
import uuid
from contextlib import asynccontextmanager

from browser import consent

REDIRECT = "http://127.0.0.1:3118/callback"
TOOLS = {
    "search", "fetch", "chunks_search", "catalog_search", "ask", "document_get", "document_add",
    "document_add_url", "document_delete", "collections_list", "usage_get",
}  # fmt: skip


class Kept:
    """Where the client keeps its tokens."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


@asynccontextmanager
async def by_mcp(url: str, email: str, password: str, _key: str):
    """The protocol's own SDK, which gets its token by OAuth."""
    from mcp import Client
    from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
    from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
    from mcp.shared.auth import OAuthClientMetadata

    came: dict[str, str] = {}

    async def redirect(to: str) -> None:
        came.update(await asyncio.to_thread(consent, to, email, password))

    async def callback():
        return AuthorizationCodeResult(code=came["code"], state=came["state"], iss=came.get("iss"))

    kept = Kept()
    metadata = OAuthClientMetadata(client_name="mcp", redirect_uris=[REDIRECT])
    provider = OAuthClientProvider(url, metadata, kept, redirect, callback)
    async with create_mcp_http_client(auth=provider) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            if kept.tokens is None:
                raise SystemExit("connected without a token")
            yield Mcp(client)


@asynccontextmanager
async def by_fastmcp(url: str, _email: str, _password: str, key: str):
    """FastMCP's client."""
    from fastmcp import Client

    async with Client(url, auth=key) as client:
        yield FastMcp(client)


class Mcp:
    """What the steps need, of mcp's client."""

    def __init__(self, client):
        self._client = client

    async def tools(self):
        return {tool.name for tool in (await self._client.list_tools()).tools}

    async def call(self, tool: str, **arguments):
        result = await self._client.call_tool(tool, arguments)
        text = result.content[0].text
        return bool(result.is_error), result.structured_content, text

    async def resources(self):
        return [str(resource.uri) for resource in (await self._client.list_resources()).resources]

    async def read(self, uri: str):
        return (await self._client.read_resource(uri)).contents[0].text

    async def prompt(self, name: str, **arguments):
        return (await self._client.get_prompt(name, arguments)).messages[0].content.text


class FastMcp(Mcp):
    """The same of FastMCP's."""

    async def tools(self):
        return {tool.name for tool in await self._client.list_tools()}

    async def call(self, tool: str, **arguments):
        result = await self._client.call_tool(tool, arguments, raise_on_error=False)
        return result.is_error, result.structured_content, result.content[0].text

    async def resources(self):
        return [str(resource.uri) for resource in await self._client.list_resources()]

    async def read(self, uri: str):
        return (await self._client.read_resource(uri))[0].text


async def steps(client) -> None:
    mark = uuid.uuid4().hex
    failed, added, _ = await client.call(
        "document_add",
        title="Warranty",
        content=f"The {mark} warranty lasts 24 months.",
        metadata={"year": 2026},
    )
    assert not failed and added["status"] == "completed", added
    document = added["documentId"]

    assert await client.tools() == TOOLS
    _, got, _ = await client.call("document_get", documentId=document)
    assert got["title"] == "Warranty", got
    _, listed, _ = await client.call("catalog_search", query="warranty")
    assert listed["documents"][0]["documentId"] == document, listed
    _, found, text = await client.call("search", query=f"{mark} warranty")
    assert found["results"][0]["id"] == f"{document}:1" and json.loads(text) == found, found
    _, fetched, _ = await client.call("fetch", id=found["results"][0]["id"])
    assert mark in fetched["text"], fetched
    of_year = {"field": "metadata.year", "op": "eq", "value": 2026}
    _, passages, _ = await client.call("chunks_search", query=mark, filter=of_year)
    assert passages["results"][0]["version"] == 1, passages
    _, answer, text = await client.call("ask", question=f"How long is the {mark} warranty?")
    assert "24 months" in answer["answer"] and "Sources:" in text, answer
    uri = f"dynrag://documents/{document}"
    assert uri in await client.resources() and mark in await client.read(uri)
    assert mark in await client.prompt("cited_answer", question=f"What is {mark}?")
    failed, _, text = await client.call("document_get", documentId="7")
    assert failed and "/documentId" in text, text
    await client.call("document_delete", documentId=document)
    _, gone, _ = await client.call("search", query=mark)
    assert all(hit["id"] != f"{document}:1" for hit in gone["results"]), gone


async def main() -> None:
    which, *arguments = sys.argv[1:]
    async with {"mcp": by_mcp, "fastmcp": by_fastmcp}[which](*arguments) as client:
        await steps(client)
    print(f"{which}: twelve steps")


asyncio.run(main())
