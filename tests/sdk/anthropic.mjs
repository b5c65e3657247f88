// The official Anthropic SDK, through every feature the gateway serves. See README.md for the models the server must offer.
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { apiKey, baseUrl, checkText, model, oversize, pixel, run, thrownBy } from './scenarios.mjs';
import { recordingFetch } from './wire.mjs';

const clientWith = options => new Anthropic({ baseURL: baseUrl, apiKey, maxRetries: 0, ...options });
const client = clientWith({});
const messages = [{ role: 'user', content: 'Say hello to the whole wide world.' }];
const ask = (name, more) => ({ model: model(name), max_tokens: 256, messages, ...more });

const weather = {
  name: 'get_weather',
  description: 'The weather in a city.',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const toolQuestion = [{ role: 'user', content: 'What is the weather in Paris?' }];
const toolRequest = ask('tools', { messages: toolQuestion, tools: [weather] });

const textOf = message => message.content.filter(block => block.type === 'text').map(block => block.text).join('');

function checkMessage(message, stopReason) {
  assert.equal(message.type, 'message');
  assert.equal(message.role, 'assistant');
  assert.equal(message.stop_reason, stopReason);
  assert.ok(message.id, 'id');
  assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0, JSON.stringify(message.usage));
  return message;
}

function checkToolUse(message) {
  const use = checkMessage(message, 'tool_use').content.find(block => block.type === 'tool_use');
  assert.equal(use.name, 'get_weather');
  assert.ok(use.id);
  assert.equal(typeof use.input.city, 'string');
  return use;
}

/** Two calls, of which the server lets at least one fail once with that status; both must succeed. */
async function checkRetried(name, status) {
  const wire = recordingFetch(fetch);
  const patient = clientWith({ maxRetries: 2, fetch: wire.fetch });
  for (let call = 0; call < 2; call++) assert.ok(textOf(await patient.messages.create(ask(name))));
  const refused = wire.answers.filter(answer => answer.status === status);
  assert.ok(refused.length > 0, `no ${status} among ${wire.answers.map(answer => answer.status)}`);
  assert.equal(wire.answers.length, refused.length + 2);
  return refused;
}

function checkError(error, constructor, status, type) {
  assert.ok(error instanceof constructor, `${error?.constructor?.name}: ${error?.message}`);
  assert.equal(error.status, status);
  assert.equal(error.error.type, 'error');
  assert.equal(error.error.error.type, type);
  assert.ok(error.error.error.message, 'message');
  assert.ok(error.requestID, 'request-id');
}

/** A stream that breaks off, or in which the provider reports an error: what came so far, then an error, and never a proper end. */
async function checkBrokenStream(name) {
  const types = [];
  const error = await thrownBy(async () => {
    for await (const event of await client.messages.create(ask(name, { stream: true }))) types.push(event.type);
  });
  assert.ok(error instanceof Anthropic.APIError, `${error?.constructor?.name}: ${error?.message}`);
  assert.ok(error.type, 'the error event names no type');
  assert.ok(types.includes('content_block_delta'), 'nothing came before the cut');
  assert.ok(!types.includes('message_stop'), 'a cut stream came to a proper end');
}

const failing = (name, options) => thrownBy(() => clientWith(options ?? {}).messages.create(ask(name)));

await run({
  async create() {
    const message = checkMessage(await client.messages.create(ask('chat')), 'end_turn');
    checkText(textOf(message));
    assert.ok(message._request_id, 'request-id');
  },

  async system() {
    checkText(textOf(await client.messages.create(ask('chat', { system: 'Be brief.', temperature: 0 }))));
    const blocks = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }];
    checkText(textOf(await client.messages.create(ask('chat', { system: blocks }))));
  },

  async stream() {
    const stream = client.messages.stream(ask('chat'));
    let text = '';
    stream.on('text', delta => { text += delta; });
    const message = checkMessage(await stream.finalMessage(), 'end_turn');
    checkText(textOf(message));
    assert.equal(text, textOf(message));
  },

  async 'stream-events'() {
    const types = [];
    for await (const event of await client.messages.create(ask('chat', { stream: true }))) types.push(event.type);
    const shape = types.filter((type, at) => type !== types[at - 1]).join(' ');
    assert.equal(shape, 'message_start content_block_start content_block_delta content_block_stop message_delta message_stop');
  },

  async tools() {
    const message = await client.messages.create(toolRequest);
    const use = checkToolUse(message);
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'Sunny, 21 °C.' }] };
    const second = await client.messages.create({ ...toolRequest, messages: [...toolQuestion, { role: 'assistant', content: message.content }, result] });
    assert.ok(textOf(checkMessage(second, 'end_turn')));
  },

  async 'tools-stream'() {
    const stream = client.messages.stream(toolRequest);
    let json = '';
    stream.on('inputJson', part => { json += part; });
    const use = checkToolUse(await stream.finalMessage());
    assert.deepEqual(JSON.parse(json), use.input);
  },

  async 'tools-chosen'() {
    const other = { name: 'get_time', input_schema: { type: 'object', properties: {} } };
    checkToolUse(await client.messages.create({ ...toolRequest, tools: [other, weather], tool_choice: { type: 'tool', name: 'get_weather' } }));
  },

  async image() {
    const source = { type: 'base64', media_type: 'image/png', data: pixel };
    const content = [{ type: 'image', source }, { type: 'text', text: 'What is this?' }];
    assert.ok(textOf(await client.messages.create(ask('chat', { messages: [{ role: 'user', content }] }))));
  },

  async models() {
    const listed = [];
    for await (const each of client.models.list()) listed.push(each.id);
    assert.ok(listed.includes(model('chat')), `${listed}`);
    assert.equal((await client.models.retrieve(model('chat'))).id, model('chat'));
  },

  async 'count-tokens'() {
    const counted = await client.messages.countTokens({ model: model('chat'), messages });
    assert.ok(counted.input_tokens > 0);
  },

  async abort() {
    const controller = new AbortController();
    const stream = await client.messages.create(ask('slow', { stream: true }), { signal: controller.signal });
    let last;
    for await (const event of stream) {
      last = event.type;
      if (event.type === 'content_block_delta') controller.abort();
    }
    assert.ok(controller.signal.aborted, 'no content came');
    assert.notEqual(last, 'message_stop', 'the stream ran to its end');
  },

  async 'abort-helper'() {
    const stream = client.messages.stream(ask('slow'));
    stream.on('text', () => stream.abort());
    const error = await thrownBy(() => stream.finalMessage());
    assert.ok(error instanceof Anthropic.APIUserAbortError, `${error}`);
  },

  retry: async () => { await checkRetried('flaky', 500); },

  async 'retry-limited'() {
    for (const answer of await checkRetried('limited', 429)) assert.equal(answer.headers.get('retry-after'), '1');
  },

  async 'error-400'() {
    const error = await thrownBy(() => client.messages.create(ask('chat', { messages: 'none' })));
    checkError(error, Anthropic.BadRequestError, 400, 'invalid_request_error');
  },

  'error-400-upstream': async () => { checkError(await failing('status-400'), Anthropic.BadRequestError, 400, 'invalid_request_error'); },
  'error-401': async () => { checkError(await failing('chat', { apiKey: 'wrong-key' }), Anthropic.AuthenticationError, 401, 'authentication_error'); },
  'error-403': async () => { checkError(await failing('forbidden'), Anthropic.PermissionDeniedError, 403, 'permission_error'); },
  'error-404': async () => { checkError(await failing('no-such-model'), Anthropic.NotFoundError, 404, 'not_found_error'); },

  async 'error-413'() {
    const error = await thrownBy(() => client.messages.create(ask('chat', { messages: [{ role: 'user', content: oversize() }] })));
    checkError(error, Anthropic.APIError, 413, 'request_too_large');
  },

  'error-429': async () => { checkError(await failing('status-429'), Anthropic.RateLimitError, 429, 'rate_limit_error'); },
  'error-500': async () => { checkError(await failing('status-500'), Anthropic.InternalServerError, 500, 'api_error'); },

  async 'error-529'() {
    checkError(await failing('status-529'), Anthropic.InternalServerError, 529, 'overloaded_error');
  },

  async 'error-500-stream'() {
    const error = await thrownBy(() => client.messages.create(ask('status-500', { stream: true })));
    checkError(error, Anthropic.InternalServerError, 500, 'api_error');
  },

  'error-mid-stream': () => checkBrokenStream('broken-stream'),
  'error-event-mid-stream': () => checkBrokenStream('error-stream'),
});
