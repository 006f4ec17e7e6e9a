// Twelve steps of a client of the MCP server, each with what it must get: those of steps.py.
//
//     steps.mjs sdk|client|client-2026 URL KEY
//
// `sdk` is the last 1.x line, `client` the next, which speaks the revisions before 2026 by default.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

const [which, url, key] = process.argv.slice(2);
const options = { requestInit: { headers: { authorization: `Bearer ${key}` } } };
const me = { name: "steps", version: "1" };

async function connect() {
  if (which === "sdk") {
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
    const client = new Client(me);
    await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
    return client;
  }
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const newest = which === "client-2026" ? { versionNegotiation: { mode: "auto" } } : {};
  const client = new Client(me, newest);
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
  return client;
}

const client = await connect();
const call = (name, args) => client.callTool({ name, arguments: args });
const mark = randomUUID();

const content = `The ${mark} warranty lasts 24 months.`;
const added = await call("document_add", { title: "Warranty", content, metadata: { year: 2026 } });
assert.equal(added.structuredContent.status, "completed");
const id = added.structuredContent.documentId;
const { tools } = await client.listTools();
assert.equal(tools.length, 11);
const got = await call("document_get", { documentId: id });
assert.equal(got.structuredContent.title, "Warranty");
const listed = await call("catalog_search", { query: "warranty" });
assert.equal(listed.structuredContent.documents[0].documentId, id);
const found = await call("search", { query: `${mark} warranty` });
assert.equal(found.structuredContent.results[0].id, `${id}:1`);
assert.deepEqual(JSON.parse(found.content[0].text), found.structuredContent);
const fetched = await call("fetch", { id: `${id}:1` });
assert.ok(fetched.structuredContent.text.includes(mark));
const filter = { field: "metadata.year", op: "eq", value: 2026 };
const passages = await call("chunks_search", { query: mark, filter });
assert.equal(passages.structuredContent.results[0].version, 1);
const answer = await call("ask", { question: `How long is the ${mark} warranty?` });
assert.ok(answer.structuredContent.answer.includes("24 months"));
const uri = `dynrag://documents/${id}`;
const { resources } = await client.listResources();
assert.ok(resources.some((resource) => resource.uri === uri));
assert.ok((await client.readResource({ uri })).contents[0].text.includes(mark));
const prompt = await client.getPrompt({ name: "cited_answer", arguments: { question: mark } });
assert.ok(prompt.messages[0].content.text.includes(mark));
const wrong = await call("document_get", { documentId: "7" });
assert.ok(wrong.isError && wrong.content[0].text.includes("/documentId"));
await call("document_delete", { documentId: id });
const gone = await call("search", { query: mark });
assert.ok(gone.structuredContent.results.every((hit) => hit.id !== `${id}:1`));
await client.close();
console.log(`${which}: twelve steps`);
