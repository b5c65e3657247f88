// What all programs share: where the server is, which scenarios to run, and how their results are printed.
import { captured } from './wire.mjs';

export const baseUrl = required('BASE_URL').replace(/\/$/, '');
export const apiKey = required('API_KEY');

/** The name under which the server offers a model of README.md's table. */
export const model = name => (process.env.MODEL_PREFIX ?? '') + name;

/** A scenario that hangs is a scenario that failed; the longest honest one takes a few seconds. */
const scenarioMilliseconds = 60_000;

/** Runs the scenarios named on the command line, or all, or all but those named `-name`; prints one JSON line for each; exits with 1 if one failed. */
export async function run(scenarios) {
  const asked = process.argv.slice(2);
  const left = asked.filter(name => name.startsWith('-')).map(name => name.slice(1));
  const known = Object.keys(scenarios);
  const unknown = left.filter(name => !known.includes(name));
  const names = left.length > 0 ? [...known.filter(name => !left.includes(name)), ...unknown] : asked.length > 0 ? asked : known;
  let failed = 0;
  for (const name of names) {
    const result = await outcome(scenarios[name]);
    if (!result.ok) failed++;
    console.log(JSON.stringify({ name, ...result }));
  }
  await captured();
  process.exit(failed === 0 ? 0 : 1);
}

async function outcome(scenario) {
  if (!scenario) return { ok: false, detail: 'There is no such scenario.' };
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not finished after ${scenarioMilliseconds} ms.`)), scenarioMilliseconds);
  });
  try {
    return { ok: true, detail: (await Promise.race([scenario(), late])) ?? '' };
  } catch (error) {
    return { ok: false, detail: error?.stack ?? String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Checks the text of an answer: not empty, or exactly EXPECT_TEXT where that is given. */
export function checkText(text) {
  const expected = process.env.EXPECT_TEXT;
  if (expected !== undefined ? text !== expected : !text) {
    throw new Error(`Text is ${JSON.stringify(text)}, expected ${expected === undefined ? 'some' : JSON.stringify(expected)}.`);
  }
}

/** What an action throws; it is a failure if it throws nothing. */
export async function thrownBy(action) {
  let result;
  try {
    result = await action();
  } catch (error) {
    return error;
  }
  throw new Error(`Nothing was thrown; the result was ${JSON.stringify(result)?.slice(0, 500)}.`);
}

/** One red pixel as PNG. */
export const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';

/** Text that makes a request body larger than the server takes: its limit is BODY_MAX bytes, 1 MiB if not given. */
export const oversize = () => 'x'.repeat(Number(process.env.BODY_MAX ?? 1 << 20) + 1024);

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set.`);
  return value;
}
