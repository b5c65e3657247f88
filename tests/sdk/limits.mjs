// The official OpenAI and Anthropic SDKs against limits and budgets: what they throw, when they try again, and what they can read. Each scenario has a key of its own,
// `NAME-key-0123456789-0123456789`, with the limits that its name says, but for the SDK.
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { baseUrl, run, thrownBy } from './scenarios.mjs';
import { recordingFetch } from './wire.mjs';

const messages = [{ role: 'user', content: 'Hi' }];
const keyOf = name => `${name}-key-0123456789-0123456789`;

/** Each SDK, with a call that asks for one token, and what it recorded. */
function openai(name, maxRetries) {
  const wire = recordingFetch();
  const client = new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey: keyOf(name), maxRetries, fetch: wire.fetch });
  return { client, wire, ask: () => client.chat.completions.create({ model: 'o', messages, max_tokens: 1 }) };
}

function anthropic(name, maxRetries) {
  const wire = recordingFetch();
  const client = new Anthropic({ baseURL: baseUrl, apiKey: keyOf(name), maxRetries, fetch: wire.fetch });
  return { client, wire, ask: () => client.messages.create({ model: 'a', messages, max_tokens: 1 }) };
}

/** One in six seconds is let through. The error says how long to wait; an SDK that does as it is told needs to try once more, one that goes by its own half second would fail. */
async function checkRate(sdk, RateLimitError, name) {
  const impatient = sdk(name, 0);
  const waitOf = error => Number(error?.headers?.get('retry-after'));
  let error;
  // The first refusal may come before the first call is settled, and names a longer wait: what was used counts until the owner has heard of it.
  for (let i = 0; i < 20 && !(error && waitOf(error) <= 6); i++) error = await impatient.ask().then(() => undefined, thrown => thrown);
  assert.ok(error instanceof RateLimitError, `${error?.constructor?.name}: ${error?.message}`);
  assert.equal(error.status, 429);
  assert.match(error.message, /'rate'/);
  const wait = waitOf(error);
  assert.ok(wait >= 1 && wait <= 6, `retry-after is ${error.headers.get('retry-after')}`);
  assert.notEqual(error.headers.get('x-should-retry'), 'false');
  const patient = sdk(name, 1);
  await patient.ask();
  const statuses = patient.wire.answers.map(answer => answer.status);
  assert.ok(['429,200', '200'].includes(String(statuses)), `answers were ${statuses}`);
  return error;
}

/** Money is gone: the SDK must not try again, however often it may. */
async function checkMoney(sdk, RateLimitError) {
  const { ask, wire } = sdk('money', 3);
  const error = await thrownBy(ask);
  assert.ok(error instanceof RateLimitError, `${error?.constructor?.name}: ${error?.message}`);
  assert.equal(wire.answers.length, 1, `it was tried ${wire.answers.length} times`);
  return error;
}

async function headersOf(ask, wire) {
  await ask();
  return wire.answers.at(-1).headers;
}

await run({
  async 'openai-rate'() {
    const error = await checkRate(openai, OpenAI.RateLimitError, 'rate-openai');
    assert.equal(error.code, 'rate_limit_exceeded');
    assert.equal(error.headers.get('x-ratelimit-remaining-requests'), '0');
  },

  async 'anthropic-rate'() {
    const error = await checkRate(anthropic, Anthropic.RateLimitError, 'rate-anthropic');
    assert.equal(error.error.error.type, 'rate_limit_error');
    assert.equal(error.headers.get('anthropic-ratelimit-requests-remaining'), '0');
  },

  async 'openai-money'() {
    const error = await checkMoney(openai, OpenAI.RateLimitError);
    assert.deepEqual([error.code, error.type], ['insufficient_quota', 'insufficient_quota']);
  },

  async 'anthropic-money'() {
    const error = await checkMoney(anthropic, Anthropic.RateLimitError);
    assert.equal(error.error.error.type, 'billing_error');
  },

  async 'openai-headers'() {
    const { ask, wire } = openai('headers', 0);
    const headers = await headersOf(ask, wire);
    for (const unit of ['requests', 'tokens']) {
      assert.equal(headers.get(`x-ratelimit-limit-${unit}`), '100000');
      const remaining = Number(headers.get(`x-ratelimit-remaining-${unit}`));
      assert.ok(Number.isInteger(remaining) && remaining >= 0 && remaining < 100000, `${unit}: ${remaining}`);
      assert.match(headers.get(`x-ratelimit-reset-${unit}`), /^(\d+h)?(\d+m)?(\d+(\.\d+)?s|\d+ms)$/);
    }
  },

  async 'anthropic-headers'() {
    const { ask, wire } = anthropic('headers', 0);
    const headers = await headersOf(ask, wire);
    for (const unit of ['requests', 'tokens']) {
      assert.equal(headers.get(`anthropic-ratelimit-${unit}-limit`), '100000');
      const remaining = Number(headers.get(`anthropic-ratelimit-${unit}-remaining`));
      assert.ok(Number.isInteger(remaining) && remaining >= 0 && remaining < 100000, `${unit}: ${remaining}`);
      assert.match(headers.get(`anthropic-ratelimit-${unit}-reset`), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
  },

  /** The money is gone in the middle of the answer: it ends as one that is too long, with its usage, and the next call is refused. */
  async 'openai-cut'() {
    const { client } = openai('cut-openai', 0);
    const create = () => client.chat.completions.create({ model: 'o', messages, stream: true, stream_options: { include_usage: true } });
    let text = '', finish, usage;
    for await (const chunk of await create()) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    assert.ok(text);
    assert.equal(finish, 'length');
    assert.ok(usage.completion_tokens > 0 && usage.total_tokens === usage.prompt_tokens + usage.completion_tokens, JSON.stringify(usage));
    assert.equal((await thrownBy(create)).code, 'insufficient_quota');
  },

  async 'anthropic-cut'() {
    const { client } = anthropic('cut-anthropic', 0);
    const message = await client.messages.stream({ model: 'a', messages, max_tokens: 100000 }).finalMessage();
    assert.ok(message.content[0].text);
    assert.equal(message.stop_reason, 'max_tokens');
    assert.ok(message.usage.output_tokens > 0);
    const error = await thrownBy(() => client.messages.stream({ model: 'a', messages, max_tokens: 100000 }).finalMessage());
    assert.equal(error.error.error.type, 'billing_error');
  },
});
