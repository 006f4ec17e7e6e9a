// OpenAI's own client for Node, as it comes: models, embeddings, files, search, chat, responses.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import OpenAI, { toFile } from "openai";

const [url, key] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0, timeout: 120_000 });
const mark = randomBytes(6).toString("hex");
const name = `lamp-${mark}.txt`;
const question = `How is the ${mark} lamp switched on?`;

const models = [];
for await (const model of client.models.list()) models.push(model.id);
assert(models.includes("extractive"), models.join());
const embedder = models.at(-1);

// By default the client asks for base64 and decodes it.
const [made] = (await client.embeddings.create({ model: embedder, input: "tiktoken is great!" })).data;
const [plain] = (
  await client.embeddings.create({
    model: embedder,
    input: "tiktoken is great!",
    encoding_format: "float",
  })
).data;
const [byTokens] = (
  await client.embeddings.create({ model: embedder, input: [83, 1609, 5963, 374, 2294, 0] })
).data;
assert(made.embedding.length > 100);
assert(made.embedding.every((x, at) => Math.abs(x - plain.embedding[at]) < 1e-6));
assert.deepEqual(byTokens.embedding, made.embedding);

const text = `The ${mark} lamp is switched on with the red button. It lasts ten years.`;
const file = await client.files.create({
  file: await toFile(Buffer.from(text), name),
  purpose: "assistants",
});
assert.equal(await (await client.files.content(file.id)).text(), text);
const store = await client.vectorStores.create({ name: `Manuals ${mark}` });
const put = await client.vectorStores.files.createAndPoll(store.id, { file_id: file.id });
assert.equal(put.status, "completed");
const found = [];
for await (const one of client.vectorStores.search(store.id, { query: question })) found.push(one);
assert.deepEqual([found[0].file_id, found[0].filename], [file.id, name]);

const asked = { model: "extractive", messages: [{ role: "user", content: question }] };
const whole = await client.chat.completions.create(asked);
const answer = whole.choices[0].message.content;
assert.match(answer, /red button/);
let told = "";
let usage;
const chunks = await client.chat.completions.create({
  ...asked,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of chunks) {
  told += chunk.choices[0]?.delta.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.equal(told, answer);
// Quotations are made without a model.
assert.equal(usage.total_tokens, 0);
const helper = client.chat.completions.stream(asked);
assert.equal(await helper.finalContent(), answer);

const search = {
  model: "extractive",
  input: question,
  tools: [{ type: "file_search", vector_store_ids: [store.id] }],
};
const response = await client.responses.create({ ...search, include: ["file_search_call.results"] });
assert.match(response.output_text, /red button/);
assert.equal(response.output[0].results[0].file_id, file.id);
const [note] = response.output[1].content[0].annotations;
assert.deepEqual([note.type, note.file_id, note.filename], ["file_citation", file.id, name]);
let delta = "";
const stream = client.responses.stream(search);
stream.on("response.output_text.delta", (event) => (delta += event.delta));
const final = await stream.finalResponse();
assert.equal(final.output_text, response.output_text);
assert.equal(delta, response.output_text);
assert.equal((await client.responses.retrieve(response.id)).output_text, response.output_text);
// A conversation is sent whole, with the search among its items.
const next = { role: "user", content: `How long does the ${mark} lamp last?` };
const follow = await client.responses.create({
  ...search,
  input: [{ role: "user", content: question }, ...response.output, next],
});
assert.match(follow.output_text, /ten years/);
await client.responses.delete(response.id);
await assert.rejects(client.responses.retrieve(response.id), OpenAI.NotFoundError);
await assert.rejects(
  client.chat.completions.create({ ...asked, model: "gpt-none" }),
  (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found",
);

const { version } = JSON.parse(readFileSync(new URL("node_modules/openai/package.json", import.meta.url)));
console.log(`openai ${version} for Node: embeddings, files, search, chat, file search`);
