// Vercel's AI SDK with its OpenAI-compatible provider. See README.md for the models the server must offer.
import assert from 'node:assert/strict';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, embed, embedMany, generateObject, generateText, stepCountIs, streamObject, streamText, tool } from 'ai';
import { z } from 'zod';
import { apiKey, baseUrl, checkText, model, pixel, run, thrownBy } from './scenarios.mjs';
import { capturingFetch, recordingFetch } from './wire.mjs';

const providerWith = options => createOpenAICompatible({
  name: 'gateway', baseURL: `${baseUrl}/v1`, apiKey, includeUsage: true, supportsStructuredOutputs: true, fetch: capturingFetch, ...options,
});
const provider = providerWith({});
const prompt = 'Say hello to the whole wide world.';
const person = z.object({ name: z.string(), age: z.number().int(), tags: z.array(z.string()) });

/** A weather tool that notes what it was asked. */
function weather() {
  const asked = [];
  const get_weather = tool({
    description: 'The weather in a city.',
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => { asked.push(city); return 'Sunny, 21 °C.'; },
  });
  return { asked, tools: { get_weather } };
}

const toolPrompt = { model: provider(model('tools')), prompt: 'What is the weather in Paris?', stopWhen: stepCountIs(3), maxRetries: 0 };

function checkUsage(usage) {
  assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0, JSON.stringify(usage));
}

/** A stream that breaks off, or in which the provider reports an error: the text so far, then an error, and never a normal end. */
async function checkBrokenStream(name) {
  const parts = [];
  let text = '';
  for await (const part of streamText({ model: provider(model(name)), prompt, maxRetries: 0, onError() {} }).fullStream) {
    parts.push(part);
    if (part.type === 'text-delta') text += part.text;
  }
  assert.ok(text, 'nothing came before the cut');
  // The SDK notices a missing end by itself; what the server said is told apart by its type.
  assert.ok(parts.some(part => part.type === 'error' && part.error.type), `no error event among ${parts.map(part => part.type)}`);
  assert.ok(!parts.some(part => part.type === 'finish' && part.finishReason === 'stop'), 'a cut stream ended as if it were whole');
}

async function checkCallError(name, status, options) {
  const error = await thrownBy(() => generateText({ model: providerWith(options ?? {})(model(name)), prompt, maxRetries: 0 }));
  assert.ok(APICallError.isInstance(error), `${error?.constructor?.name}: ${error?.message}`);
  assert.equal(error.statusCode, status);
  assert.ok(error.data.error.message, 'the error was not understood');
  return error;
}

await run({
  async 'generate-text'() {
    const result = await generateText({ model: provider(model('chat')), prompt, system: 'Be brief.', maxRetries: 0 });
    checkText(result.text);
    assert.equal(result.finishReason, 'stop');
    checkUsage(result.usage);
  },

  async 'stream-text'() {
    const result = streamText({ model: provider(model('chat')), prompt, maxRetries: 0, onError() {} });
    let text = '';
    for await (const part of result.textStream) text += part;
    checkText(text);
    assert.equal(await result.finishReason, 'stop');
    checkUsage(await result.usage);
  },

  async tools() {
    const { asked, tools } = weather();
    const result = await generateText({ ...toolPrompt, tools });
    assert.equal(asked.length, 1);
    assert.equal(result.steps.length, 2);
    assert.equal(result.steps[0].finishReason, 'tool-calls');
    assert.ok(result.text);
  },

  async 'tools-stream'() {
    const { asked, tools } = weather();
    const result = streamText({ ...toolPrompt, tools, onError() {} });
    assert.ok(await result.text);
    assert.equal(asked.length, 1);
    assert.deepEqual((await result.steps).map(step => step.finishReason), ['tool-calls', 'stop']);
  },

  async 'generate-object'() {
    const result = await generateObject({ model: provider(model('structured')), schema: person, prompt, maxRetries: 0 });
    person.parse(result.object);
  },

  async 'stream-object'() {
    const result = streamObject({ model: provider(model('structured')), schema: person, prompt, maxRetries: 0, onError() {} });
    let last;
    for await (const partial of result.partialObjectStream) last = partial;
    assert.deepEqual(person.parse(await result.object), person.parse(last));
  },

  async image() {
    const content = [{ type: 'text', text: 'What is this?' }, { type: 'image', image: pixel, mediaType: 'image/png' }];
    const result = await generateText({ model: provider(model('chat')), messages: [{ role: 'user', content }], maxRetries: 0 });
    assert.ok(result.text);
  },

  async embed() {
    const embedder = provider.embeddingModel(model('embed'));
    const one = await embed({ model: embedder, value: 'a first text', maxRetries: 0 });
    assert.ok(one.embedding.length > 0 && one.usage.tokens > 0);
    const many = await embedMany({ model: embedder, values: ['a first text', 'a second text'], maxRetries: 0 });
    assert.equal(many.embeddings.length, 2);
    assert.deepEqual(many.embeddings[0], one.embedding);
  },

  async abort() {
    const controller = new AbortController();
    const result = streamText({ model: provider(model('slow')), prompt, abortSignal: controller.signal, maxRetries: 0, onError() {} });
    const parts = [];
    for await (const part of result.fullStream) {
      parts.push(part.type);
      if (part.type === 'text-delta') controller.abort();
    }
    assert.ok(parts.includes('text-delta'), `no content came: ${parts}`);
    assert.equal(parts.at(-1), 'abort');
  },

  async retry() {
    const wire = recordingFetch();
    const patient = providerWith({ fetch: wire.fetch });
    for (let call = 0; call < 2; call++) assert.ok((await generateText({ model: patient(model('flaky')), prompt, maxRetries: 2 })).text);
    const refused = wire.answers.filter(answer => answer.status === 500);
    assert.ok(refused.length > 0, 'nothing failed');
    assert.equal(wire.answers.length, refused.length + 2);
  },

  async 'error-400'() {
    assert.equal((await checkCallError('status-400', 400)).isRetryable, false);
  },

  'error-401': async () => { await checkCallError('chat', 401, { apiKey: 'wrong-key' }); },
  'error-403': async () => { await checkCallError('forbidden', 403); },
  'error-404': async () => { await checkCallError('no-such-model', 404); },

  async 'error-429'() {
    assert.equal((await checkCallError('status-429', 429)).isRetryable, true);
  },

  async 'error-500'() {
    assert.equal((await checkCallError('status-500', 500)).isRetryable, true);
  },

  'error-mid-stream': () => checkBrokenStream('broken-stream'),
  'error-event-mid-stream': () => checkBrokenStream('error-stream'),
});
