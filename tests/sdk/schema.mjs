// Judges JSON lines {kind, body} on stdin by OpenAI's own API description; the file is named by OPENAPI.
// Prints a JSON line for each body that does not satisfy it, then the count of all; exits with 1 if one failed, or if there was none.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const schemaOf = {
  'chat.completion': 'CreateChatCompletionResponse',
  'chat.completion.chunk': 'CreateChatCompletionStreamResponse',
  embeddings: 'CreateEmbeddingResponse',
  models: 'ListModelsResponse',
  model: 'Model',
  error: 'ErrorResponse',
};

// OpenAPI 3.1 is JSON Schema 2020-12 with words of its own, hence not strict. Formats that ajv does not know (unixtime) are notes.
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true, logger: false });
addFormats(ajv);
const { schemas } = JSON.parse(readFileSync(process.env.OPENAPI, 'utf8')).components;
ajv.addSchema({ $id: 'openapi', components: { schemas: withNull(schemas) } });

const judges = new Map(Object.entries(schemaOf).map(([kind, name]) => [kind, ajv.getSchema(`openapi#/components/schemas/${name}`)]));
let [lines, failed] = [0, 0];
for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  lines++;
  const { kind, body } = JSON.parse(line);
  const errors = judge(kind, body);
  if (errors.length === 0) continue;
  failed++;
  console.log(JSON.stringify({ line: lines, kind, errors, body: JSON.stringify(body).slice(0, 1000) }));
}

console.log(JSON.stringify({ lines, failed }));
process.exitCode = lines === 0 || failed > 0 ? 1 : 0;

function judge(kind, body) {
  const satisfied = judges.get(kind);
  if (!satisfied) return [`There is no kind ${kind}.`];
  return satisfied(body) ? [] : satisfied.errors.map(error => `${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`);
}

/** The same schemas with `nullable: true`, OpenAPI 3.0's word that this file still uses, said as 3.1 does. */
function withNull(schema) {
  if (Array.isArray(schema)) return schema.map(withNull);
  if (schema === null || typeof schema !== 'object') return schema;
  const plain = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, withNull(value)]));
  if (schema.nullable !== true) return plain;
  delete plain.nullable;
  return { anyOf: [plain, { type: 'null' }] };
}
