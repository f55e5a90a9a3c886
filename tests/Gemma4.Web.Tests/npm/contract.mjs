// Prints the name of each part of the contract that holds; the first that does not ends the program.
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "unused", maxRetries: 0 });
const model = "gemma4-nano";
const messages = [{ role: "user", content: "What is the capital of France?" }];

const answer = await client.chat.completions.create({ model, messages });
assert.match(answer.choices[0].message.content, /Paris/);
assert.equal(answer.choices[0].finish_reason, "stop");
assert.equal(answer.usage.prompt_tokens + answer.usage.completion_tokens, answer.usage.total_tokens);
console.log("chat");

let text = "";
let usage;
for await (const chunk of await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } })) {
  text += chunk.choices[0]?.delta.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.equal(text, answer.choices[0].message.content);
assert.equal(usage.total_tokens, answer.usage.total_tokens);
console.log("stream");

// The client's own loop: it runs the function and asks again.
let added = 0;
const runner = client.chat.completions.runTools({
  model,
  messages: [{ role: "user", content: "What is 17 plus 25?" }],
  tools: [{
    type: "function",
    function: {
      name: "add",
      description: "Adds two numbers.",
      parameters: {
        type: "object",
        properties: { a: { type: "number", description: "The first number" }, b: { type: "number", description: "The second number" } },
        required: ["a", "b"],
      },
      parse: JSON.parse,
      function: ({ a, b }) => { added++; return String(a + b); },
    },
  }],
});
assert.match(await runner.finalContent(), /42/);
assert.equal(added, 1);
console.log("tools");

const schema = { type: "object", properties: { name: { type: "string" }, age: { type: "integer" } }, required: ["name", "age"], additionalProperties: false };
const person = await client.chat.completions.create({
  model,
  messages: [{ role: "user", content: "Make up a person." }],
  response_format: { type: "json_schema", json_schema: { name: "person", schema, strict: true } },
});
assert.ok(Number.isInteger(JSON.parse(person.choices[0].message.content).age));
console.log("schema");

const embeddings = await client.embeddings.create({ model: "hashed-ngrams", input: ["one text", "another"], dimensions: 32 });
assert.deepEqual(embeddings.data.map(entry => entry.embedding.length), [32, 32]);
assert.ok(embeddings.data[0].embedding.every(Number.isFinite));
console.log("embeddings");

const ids = [];
for await (const entry of client.models.list()) {
  ids.push(entry.id);
}
assert.deepEqual(ids, [model, "hashed-ngrams"]);
console.log("models");

await assert.rejects(client.chat.completions.create({ model, messages, logit_bias: { 5: 1 } }), error =>
  error instanceof OpenAI.BadRequestError && error.param === "logit_bias" && error.code === "unsupported_parameter");
await assert.rejects(client.chat.completions.create({ model: "gpt-4", messages }), OpenAI.NotFoundError);
console.log("errors");
