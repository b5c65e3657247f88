// The official OpenAI SDK, through every feature the gateway serves. See README.md for the models the server must offer.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { checkError, checkToolChoice, checkUsage, weather } from './openai-checks.mjs';
import { apiKey, baseUrl, checkText, model, oversize, pixel, run, thrownBy } from './scenarios.mjs';
import { capturingFetch, recordingFetch } from './wire.mjs';

const clientWith = options => new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey, maxRetries: 0, fetch: capturingFetch, ...options });
const client = clientWith({});
const messages = [{ role: 'user', content: 'Say hello to the whole wide world.' }];

const toolRequest = { model: model('tools'), messages: [{ role: 'user', content: 'What is the weather in Paris?' }], tools: [weather] };

/** Two calls, of which the server lets at least one fail once with that status; both must succeed. */
async function checkRetried(name, status) {
  const wire = recordingFetch();
  const patient = clientWith({ maxRetries: 2, fetch: wire.fetch });
  for (let call = 0; call < 2; call++) {
    const completion = await patient.chat.completions.create({ model: model(name), messages });
    assert.ok(completion.choices[0].message.content);
  }
  const refused = wire.answers.filter(answer => answer.status === status);
  assert.ok(refused.length > 0, `no ${status} among ${wire.answers.map(answer => answer.status)}`);
  assert.equal(wire.answers.length, refused.length + 2);
  return refused;
}

/** A stream that breaks off, or in which the provider reports an error: the text so far, then an error, and never a finish reason. */
async function checkBrokenStream(name) {
  let text = '', finish;
  const error = await thrownBy(async () => {
    for await (const chunk of await client.chat.completions.create({ model: model(name), messages, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
  });
  assert.ok(error instanceof OpenAI.APIError, `${error?.constructor?.name}: ${error?.message}`);
  assert.ok(error.error?.message, 'the error event names no message');
  assert.ok(error.type, 'the error event names no type');
  assert.ok(text, 'nothing came before the cut');
  assert.equal(finish, undefined, 'a cut stream named a finish reason');
}

const failing = (name, options) => thrownBy(() => clientWith(options ?? {}).chat.completions.create({ model: model(name), messages }));

await run({
  async chat() {
    const completion = await client.chat.completions.create({ model: model('chat'), messages });
    checkText(completion.choices[0].message.content);
    assert.equal(completion.object, 'chat.completion');
    assert.equal(completion.choices[0].message.role, 'assistant');
    assert.equal(completion.choices[0].finish_reason, 'stop');
    assert.ok(completion._request_id, 'x-request-id');
    checkUsage(completion.usage);
  },

  async 'system-prompt'() {
    const system = { role: 'system', content: 'Be brief.' };
    const completion = await client.chat.completions.create({ model: model('chat'), messages: [system, ...messages], temperature: 0, max_tokens: 64 });
    checkText(completion.choices[0].message.content);
  },

  async stream() {
    const stream = await client.chat.completions.create({ model: model('chat'), messages, stream: true, stream_options: { include_usage: true } });
    let text = '', finish, usage, role;
    for await (const chunk of stream) {
      const [choice] = chunk.choices;
      role ??= choice?.delta.role;
      text += choice?.delta.content ?? '';
      finish = choice?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    checkText(text);
    assert.equal(role, 'assistant');
    assert.equal(finish, 'stop');
    checkUsage(usage);
  },

  async 'stream-without-usage'() {
    const stream = await client.chat.completions.create({ model: model('chat'), messages, stream: true });
    let text = '';
    for await (const chunk of stream) {
      assert.equal(chunk.choices.length, 1, 'a chunk that was not asked for');
      assert.ok(!chunk.usage, 'usage that was not asked for');
      text += chunk.choices[0].delta.content ?? '';
    }
    checkText(text);
  },

  async 'stream-helper'() {
    const stream = client.chat.completions.stream({ model: model('chat'), messages, stream_options: { include_usage: true } });
    let text = '';
    stream.on('content', delta => { text += delta; });
    const completion = await stream.finalChatCompletion();
    checkText(completion.choices[0].message.content);
    assert.equal(text, completion.choices[0].message.content);
    checkUsage(completion.usage);
  },

  async tools() {
    const completion = await client.chat.completions.create(toolRequest);
    const call = checkToolChoice(completion.choices[0]);
    const answered = [...toolRequest.messages, completion.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'Sunny, 21 °C.' }];
    const second = await client.chat.completions.create({ ...toolRequest, messages: answered });
    assert.ok(second.choices[0].message.content);
    assert.equal(second.choices[0].finish_reason, 'stop');
  },

  async 'tools-stream'() {
    const completion = await client.chat.completions.stream(toolRequest).finalChatCompletion();
    checkToolChoice(completion.choices[0]);
  },

  async 'tools-chosen'() {
    const other = { type: 'function', function: { name: 'get_time', parameters: { type: 'object', properties: {} } } };
    const choice = { type: 'function', function: { name: 'get_weather' } };
    const completion = await client.chat.completions.create({ ...toolRequest, tools: [other, weather], tool_choice: choice });
    assert.equal(completion.choices[0].message.tool_calls[0].function.name, 'get_weather');
  },

  async 'run-tools'() {
    const asked = [];
    const call = ({ city }) => { asked.push(city); return 'Sunny, 21 °C.'; };
    const tool = { type: 'function', function: { ...weather.function, parse: JSON.parse, function: call } };
    const runner = client.chat.completions.runTools({ ...toolRequest, tools: [tool], stream: true });
    assert.ok(await runner.finalContent());
    assert.equal(asked.length, 1);
  },

  async structured() {
    const person = z.object({ name: z.string(), age: z.number().int(), tags: z.array(z.string()), kind: z.enum(['human', 'robot']) });
    const response_format = zodResponseFormat(person, 'person');
    const completion = await client.chat.completions.parse({ model: model('structured'), messages, response_format });
    person.parse(completion.choices[0].message.parsed);
  },

  async image() {
    const content = [{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } }];
    const completion = await client.chat.completions.create({ model: model('chat'), messages: [{ role: 'user', content }] });
    assert.ok(completion.choices[0].message.content);
  },

  async embeddings() {
    const input = ['a first text', 'a second text'];
    const [floats, base64] = await Promise.all(['float', 'base64'].map(encoding_format =>
      client.embeddings.create({ model: model('embed'), input, encoding_format })));
    assert.deepEqual(floats.data.map(each => each.index), [0, 1]);
    assert.ok(floats.usage.prompt_tokens > 0);
    const decoded = base64.data.map(each => Array.from(new Float32Array(Uint8Array.from(Buffer.from(each.embedding, 'base64')).buffer)));
    assert.deepEqual(decoded, floats.data.map(each => Array.from(Float32Array.from(each.embedding))), 'base64 differs from float');
    const short = await client.embeddings.create({ model: model('embed'), input: 'one text', dimensions: 8 });
    assert.equal(short.data[0].embedding.length, 8);
  },

  async models() {
    const listed = [];
    for await (const each of client.models.list()) listed.push(each.id);
    assert.ok(listed.includes(model('chat')), `${listed}`);
    const one = await client.models.retrieve(model('chat'));
    assert.equal(one.id, model('chat'));
    assert.equal(one.object, 'model');
  },

  async 'models-unknown'() {
    checkError(await thrownBy(() => client.models.retrieve('no-such-model')), OpenAI.NotFoundError, 404);
  },

  async abort() {
    const controller = new AbortController();
    const stream = await client.chat.completions.create({ model: model('slow'), messages, stream: true }, { signal: controller.signal });
    let finish;
    for await (const chunk of stream) {
      finish = chunk.choices[0]?.finish_reason ?? finish;
      if (chunk.choices[0]?.delta.content) controller.abort();
    }
    assert.ok(controller.signal.aborted, 'no content came');
    assert.equal(finish, undefined, 'the stream ran to its end');
  },

  async 'abort-before-answer'() {
    const controller = new AbortController();
    const { fetch } = recordingFetch();
    const asked = clientWith({ fetch: (...request) => { setImmediate(() => controller.abort()); return fetch(...request); } });
    const error = await thrownBy(() => asked.chat.completions.create({ model: model('slow'), messages }, { signal: controller.signal }));
    assert.ok(error instanceof OpenAI.APIUserAbortError, `${error}`);
  },

  retry: async () => { await checkRetried('flaky', 500); },

  async 'retry-limited'() {
    for (const answer of await checkRetried('limited', 429)) assert.equal(answer.headers.get('retry-after'), '1');
  },

  async 'error-400'() {
    const error = await thrownBy(() => client.chat.completions.create({ model: model('chat'), messages: 'none' }));
    checkError(error, OpenAI.BadRequestError, 400);
    assert.equal(error.type, 'invalid_request_error');
    assert.equal(error.param, 'messages');
  },

  'error-400-upstream': async () => { checkError(await failing('status-400'), OpenAI.BadRequestError, 400); },

  async 'error-401'() {
    const error = checkError(await failing('chat', { apiKey: 'wrong-key' }), OpenAI.AuthenticationError, 401);
    assert.equal(error.code, 'invalid_api_key');
  },

  'error-403': async () => { checkError(await failing('forbidden'), OpenAI.PermissionDeniedError, 403); },

  async 'error-404'() {
    const error = checkError(await failing('no-such-model'), OpenAI.NotFoundError, 404);
    assert.equal(error.code, 'model_not_found');
  },

  async 'error-413'() {
    const error = await thrownBy(() => client.chat.completions.create({ model: model('chat'), messages: [{ role: 'user', content: oversize() }] }));
    checkError(error, OpenAI.APIError, 413);
  },

  'error-429': async () => { checkError(await failing('status-429'), OpenAI.RateLimitError, 429); },
  'error-500': async () => { checkError(await failing('status-500'), OpenAI.InternalServerError, 500); },
  'error-503': async () => { checkError(await failing('status-503'), OpenAI.InternalServerError, 503); },

  async 'error-500-stream'() {
    const error = await thrownBy(() => client.chat.completions.create({ model: model('status-500'), messages, stream: true }));
    checkError(error, OpenAI.InternalServerError, 500);
  },

  'error-mid-stream': () => checkBrokenStream('broken-stream'),
  'error-event-mid-stream': () => checkBrokenStream('error-stream'),
});
