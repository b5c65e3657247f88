// What openai.mjs checks of every answer of a kind.
import assert from 'node:assert/strict';

export const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
  },
};

export function checkToolChoice(choice) {
  assert.equal(choice.finish_reason, 'tool_calls');
  const [call] = choice.message.tool_calls;
  assert.equal(call.type, 'function');
  assert.equal(call.function.name, 'get_weather');
  assert.ok(call.id);
  assert.equal(typeof JSON.parse(call.function.arguments).city, 'string');
  return call;
}

export function checkUsage(usage) {
  assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0, JSON.stringify(usage));
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
}

export function checkError(error, type, status) {
  assert.ok(error instanceof type, `${error?.constructor?.name}: ${error?.message}`);
  assert.equal(error.status, status);
  assert.ok(error.type, 'type');
  assert.ok(error.error.message, 'message');
  assert.ok(error.requestID, 'x-request-id');
  assert.ok(error.code === null || typeof error.code === 'string', 'code');
  assert.ok(error.param === null || typeof error.param === 'string', 'param');
  return error;
}
