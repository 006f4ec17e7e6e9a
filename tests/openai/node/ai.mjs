// The AI SDK with its provider for OpenAI, as it comes: responses (its default), chat, embeddings.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createOpenAI } from "@ai-sdk/openai";
import { embed, embedMany, generateText, streamText } from "ai";

const [url, key] = process.argv.slice(2);
const mark = randomBytes(6).toString("hex");
const name = `lamp-${mark}.txt`;
const prompt = `How is the ${mark} lamp switched on?`;

async function api(method, path, body) {
  const form = body instanceof FormData;
  const answer = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body && !form ? { "content-type": "application/json" } : {}),
    },
    body: form || !body ? body : JSON.stringify(body),
  });
  assert(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

// A vector store with a file.
const form = new FormData();
const text = `The ${mark} lamp is switched on with the red button. It lasts ten years.`;
form.set("purpose", "assistants");
form.set("file", new Blob([text], { type: "text/plain" }), name);
const file = await api("POST", "/files", form);
const store = await api("POST", "/vector_stores", { name: mark, file_ids: [file.id] });
const path = `/vector_stores/${store.id}/files/${file.id}`;
let status;
for (let n = 0; n < 240 && (status = (await api("GET", path)).status) === "in_progress"; n++) {
  await sleep(500);
}
assert.equal(status, "completed");
const embedder = (await api("GET", "/models")).data.at(-1).id;

const openai = createOpenAI({ baseURL: url, apiKey: key });
const settings = { maxRetries: 0, prompt };
const tools = { file_search: openai.tools.fileSearch({ vectorStoreIds: [store.id] }) };

// The sources: the files that are cited, or with `include` those that were found.
function cites(sources) {
  assert(sources.length > 0, "no sources");
  for (const source of sources) {
    assert.deepEqual([source.sourceType, source.filename], ["document", name]);
    assert.equal(source.providerMetadata.openai.fileId, file.id);
  }
}

const made = await generateText({ ...settings, model: openai("extractive"), tools });
assert.match(made.text, /red button/);
assert.deepEqual([made.finishReason, made.warnings ?? []], ["stop", []]);
cites(made.sources);
async function streamed(model, more) {
  const result = streamText({
    ...settings,
    ...more,
    model,
    onError: ({ error }) => {
      throw error;
    },
  });
  const parts = [];
  for await (const part of result.textStream) parts.push(part);
  assert.equal(await result.finishReason, "stop");
  // Quotations are made without a model.
  assert.equal((await result.totalUsage).totalTokens, 0);
  return { text: parts.join(""), sources: await result.sources };
}
const told = await streamed(openai("extractive"), { tools });
assert.equal(told.text, made.text);
cites(told.sources);

const chat = await generateText({ ...settings, model: openai.chat("extractive") });
assert.match(chat.text, /red button/);
assert.equal(chat.sources[0].title, name);
assert.equal((await streamed(openai.chat("extractive"))).text, chat.text);

const values = ["tiktoken is great!", "A lamp with a red button."];
const model = openai.embedding(embedder);
const { embeddings, usage } = await embedMany({ model, values, maxRetries: 0 });
assert.equal(embeddings.length, 2);
assert(embeddings[0].length > 100 && usage.tokens > 0);
assert.deepEqual((await embed({ model, value: values[1], maxRetries: 0 })).embedding, embeddings[1]);

// The results of the search.
const include = { openai: { include: ["file_search_call.results"] } };
const more = await generateText({
  ...settings,
  model: openai("extractive"),
  tools,
  providerOptions: include,
});
const { queries, results } = more.toolResults[0].output;
assert.equal(queries.length, 1);
assert.deepEqual([results[0].fileId, results[0].filename], [file.id, name]);
cites(more.sources);
const shown = await streamed(openai("extractive"), { tools, providerOptions: include });
assert.equal(shown.text, made.text);
cites(shown.sources);

// A conversation: what is stored is sent by its id alone.
const follow = await generateText({
  maxRetries: 0,
  model: openai("extractive"),
  tools,
  messages: [
    { role: "user", content: prompt },
    ...made.response.messages,
    { role: "user", content: `How long does the ${mark} lamp last?` },
  ],
});
assert.match(follow.text, /ten years/);

const version = (of) =>
  JSON.parse(readFileSync(new URL(`node_modules/${of}/package.json`, import.meta.url))).version;
console.log(
  `ai ${version("ai")} with @ai-sdk/openai ${version("@ai-sdk/openai")}: file search, chat, embeddings`,
);
