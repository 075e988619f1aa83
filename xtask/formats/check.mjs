// Reads the export of `soorma-catalogue-tests` with tools that are not ours. Prints what was read, or every mistake.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

import { ListToolsResultSchema } from "@modelcontextprotocol/sdk/types.js";
import addFormats from "ajv-formats";
import Ajv from "ajv/dist/2020.js";
import { toStrictJsonSchema } from "openai/lib/transform";

const { definitions, prompt, tools, wrong, wrapped } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const mistakes = [];
let schemas = 0;

function check(name, test) {
  try {
    test();
  } catch (error) {
    mistakes.push(`${name}: ${error.message}`);
  }
}

// Strict: an unknown word, format or combination is an error. Lists of types are what draft 2020-12 has for `Option`.
const strictly = () => addFormats(new Ajv({ strict: true, strictTypes: "log", logger: false, allowUnionTypes: true }));

/** What the schema of a payload says beyond JSON Schema: schemars' names of Rust's numbers, and our mark of secrets. */
function forPayloads() {
  const ajv = strictly();
  ajv.addKeyword("x-sensitive");
  for (const size of ["", "8", "16", "32", "64"]) {
    ajv.addFormat(`uint${size}`, true);
    ajv.addFormat(`int${size}`, true);
  }
  return ajv;
}

/** Compiles a schema; it takes the one value and refuses the other. */
function takes(ajv, name, schema, right, refused) {
  check(name, () => {
    const validate = ajv.compile(schema);
    schemas += 1;
    if (right !== undefined) {
      assert(validate(right), `refuses ${JSON.stringify(right)}: ${ajv.errorsText(validate.errors)}`);
    }
    if (refused !== undefined) {
      assert(!validate(refused), `takes ${JSON.stringify(refused)}`);
    }
  });
}

const named = new Map(definitions.map((definition) => [definition.event_name, definition]));
const event = (name) => named.get(name) ?? assert.fail(`no definition of ${name}`);
/** A value that is refused, where there is one. */
const refusal = (name) => (name.startsWith("kind.any_json") ? undefined : wrong[name]);

for (const definition of definitions) {
  const name = definition.event_name;
  takes(forPayloads(), `definition ${name}`, definition.payload.schema, definition.examples[0], refusal(name));
  if (definition.response) {
    takes(forPayloads(), `response of ${name}`, definition.response.payload.schema);
  }
}

// The prompt: a block an event, with one schema and its examples.
const blocks = prompt.split(/\n\n(?=event: )/).slice(1);
check("prompt", () => assert.equal(blocks.length, definitions.length));
for (const block of blocks) {
  const line = (start) => block.split("\n").find((text) => text.startsWith(start))?.slice(start.length);
  check(`prompt: ${block.slice(0, 60)}`, () => {
    const name = JSON.parse(line("event: "));
    assert.deepEqual(JSON.parse(line("  example of the data: ")), event(name).examples[0]);
    assert.equal(JSON.parse(line("  topic: ")), event(name).topic);
    assert.equal(JSON.parse(line("  description: ") ?? '""'), event(name).description);
    const schema = JSON.parse(line("  schema of the data: "));
    takes(strictly(), `prompt: schema of ${name}`, schema, event(name).examples[0], refusal(name));
  });
}

// Tools: what each provider is known to refuse, and the schema itself.
const sorted = definitions.map((definition) => definition.event_name);
let strict = 0;
for (const [style, list] of Object.entries(tools)) {
  check(style, () => assert.equal(list.length, definitions.length));
  check(style, () => assert.equal(new Set(list.map((tool) => (tool.function ?? tool).name)).size, list.length));
  list.forEach((tool, at) => {
    const { name, description, parameters, input_schema, inputSchema, strict: isStrict } = tool.function ?? tool;
    const schema = parameters ?? input_schema ?? inputSchema;
    const of = sorted[at];
    const place = `${style}: ${of}`;
    check(place, () => {
      assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
      assert(description.length > 0 && (!style.startsWith("OpenAi") || [...description].length <= 1024), "description");
      assert.equal(schema.type, "object");
      for (const word of ["anyOf", "oneOf", "allOf", "not", "enum", "const", "$ref"]) {
        assert(!(word in schema), `${word} at the root`);
      }
      for (const key of Object.keys(schema.properties)) {
        assert.match(key, /^[a-zA-Z0-9_.-]{1,64}$/);
      }
    });
    const wrap = (value) => (wrapped[of] && value !== undefined ? { data: value } : value);
    takes(strictly(), place, schema, wrap(event(of).examples[0]), wrap(refusal(of)));
    if (isStrict) {
      strict += 1;
      // What OpenAI's own package makes of a schema for strict mode: nothing is left to be done.
      check(`${place}: strict`, () => assert.deepEqual(toStrictJsonSchema(structuredClone(schema)), schema));
    }
    if (tool.outputSchema) {
      takes(strictly(), `${place}: answer`, tool.outputSchema);
    }
  });
}
check("strict", () => assert(strict > 10));

// MCP's own schema of a list of tools; what it does not know it would leave out.
check("MCP", () => assert.deepEqual(ListToolsResultSchema.parse({ tools: tools.Mcp }).tools, tools.Mcp));

// The packages' types: literals, so that a field which they do not know is an error too.
const literal = (value, type) => `${JSON.stringify(value, null, 1)} satisfies ${type}[];`;
writeFileSync(
  "types.ts",
  `import type { Tool as AnthropicTool } from "@anthropic-ai/sdk/resources/messages";
import type { Tool as McpTool } from "@modelcontextprotocol/sdk/types.js";
import type { ChatCompletionFunctionTool } from "openai/resources/chat/completions";
import type { FunctionTool } from "openai/resources/responses/responses";
export const chat = ${literal(tools.OpenAiChat, "ChatCompletionFunctionTool")}
export const responses = ${literal(tools.OpenAiResponses, "FunctionTool")}
export const anthropic = ${literal(tools.Anthropic, "AnthropicTool")}
export const mcp = ${literal(tools.Mcp, "McpTool")}
`,
);
const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "types.ts"];
check("types", () => {
  try {
    execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", ...options], { encoding: "utf8" });
  } catch (error) {
    assert.fail(`the packages' types refuse a tool:\n${error.stdout || error.message}`);
  }
});

if (mistakes.length > 0) {
  console.error(mistakes.join("\n"));
  console.error(`\n${mistakes.length} mistakes in ${definitions.length} definitions`);
  process.exit(1);
}
const count = Object.values(tools).reduce((sum, list) => sum + list.length, 0);
console.log(`${definitions.length} definitions, ${schemas} schemas and ${count} tools (${strict} strict) are accepted`);
