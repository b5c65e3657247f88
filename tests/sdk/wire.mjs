// What went over the wire below an SDK: how many requests it took, and, for the schema judge, every answer.
import { appendFileSync } from 'node:fs';

/** A fetch that counts its answers and keeps their status and headers. */
export function recordingFetch(below = capturingFetch) {
  const answers = [];
  const recorded = async (input, init) => {
    const response = await below(input, init);
    answers.push({ status: response.status, headers: response.headers });
    return response;
  };
  return { fetch: recorded, answers };
}

/** With CAPTURE naming a file, a fetch that appends every JSON answer and every stream event to it, as lines for schema.mjs; else plain fetch. */
export const capturingFetch = process.env.CAPTURE ? capture : fetch;

const copies = [];

/** Completes once all that was captured is in its file. */
export const captured = () => Promise.all(copies);

async function capture(input, init) {
  const response = await fetch(input, init);
  // The copy is read beside the SDK; where the call is aborted both end, and what had come is kept.
  copies.push(keep(response.clone(), new URL(input.url ?? input).pathname));
  return response;
}

async function keep(response, path) {
  const streamed = response.headers.get('content-type')?.startsWith('text/event-stream');
  const kind = kindOf(path, streamed);
  let text = '';
  try {
    const decoder = new TextDecoder();
    for await (const bytes of response.body) text += decoder.decode(bytes, { stream: true });
  } catch {
    if (!streamed) return;
  }
  const bodies = streamed ? events(text) : [JSON.parse(text)];
  for (const body of bodies) {
    // OpenAI's description knows embeddings as numbers only, though its API and its SDKs have base64 too.
    if (typeof body.data?.[0]?.embedding === 'string') continue;
    appendFileSync(process.env.CAPTURE, JSON.stringify({ kind: body.error ? 'error' : kind, body }) + '\n');
  }
}

/** The data of all whole events: an aborted stream may end inside one. */
function events(text) {
  return text.split(/\r?\n\r?\n/).slice(0, -1)
    .map(event => event.split(/\r?\n/).filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart()).join('\n'))
    .filter(data => data && data !== '[DONE]')
    .map(data => JSON.parse(data));
}

function kindOf(path, streamed) {
  if (path.endsWith('/chat/completions')) return streamed ? 'chat.completion.chunk' : 'chat.completion';
  if (path.endsWith('/embeddings')) return 'embeddings';
  return path.endsWith('/models') ? 'models' : 'model';
}
