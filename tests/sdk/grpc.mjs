// A gRPC server on UPSTREAM_PORT and a client that reaches it by way of BASE_URL: what gRPC needs of a gateway is HTTP/2 on both sides, both directions at once,
// and trailers.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { baseUrl, run } from './scenarios.mjs';

const definition = loader.loadSync(fileURLToPath(new URL('echo.proto', import.meta.url)), { keepCase: true });
const { Echo } = grpc.loadPackageDefinition(definition).echo;
let cancelled = () => {};

const server = new grpc.Server({ 'grpc.max_receive_message_length': 64 << 20 });
server.addService(Echo.service, {
  Unary(call, done) {
    const trailer = new grpc.Metadata();
    trailer.set('x-trailer', 'kept');
    call.sendMetadata(call.metadata.get('x-ask').length ? headOf(call) : new grpc.Metadata());
    done(null, call.request, trailer);
  },
  ServerStream(call) {
    for (let i = 0; i < call.request.count; i++) call.write({ text: call.request.text, count: i });
    call.end();
  },
  ClientStream(call, done) {
    let text = '', count = 0;
    call.on('data', m => { text += m.text; count++; }).on('end', () => done(null, { text, count }));
  },
  Bidi(call) {
    call.on('data', m => call.write(m)).on('end', () => call.end());
  },
  Fail(call, done) {
    done({ code: grpc.status.FAILED_PRECONDITION, details: 'näh: not now' });
  },
  Wait(call) {
    call.on('cancelled', () => cancelled());
  },
});
await new Promise((ready, failed) => server.bindAsync(`127.0.0.1:${process.env.UPSTREAM_PORT}`, grpc.ServerCredentials.createInsecure(), e => e ? failed(e) : ready()));

const client = new Echo(new URL(baseUrl).host, grpc.credentials.createInsecure(), { 'grpc.max_receive_message_length': 64 << 20 });

function headOf(call) {
  const head = new grpc.Metadata();
  head.set('x-answer', call.metadata.get('x-ask')[0]);
  return head;
}

const unary = (method, message, metadata = new grpc.Metadata(), options = {}) => new Promise((resolve, reject) => {
  const seen = {};
  const call = client[method](message, metadata, options, (error, answer) => {
    if (error) return reject(error);
    // The status, with the trailers, comes after the message.
    setImmediate(() => resolve({ answer, ...seen }));
  });
  call.on('metadata', head => { seen.head = head; }).on('status', status => { seen.status = status; });
});

await run({
  async unary() {
    const metadata = new grpc.Metadata();
    metadata.set('x-ask', 'me');
    const { answer, head, status } = await unary('Unary', { text: 'hello', count: 7 }, metadata);
    assert.equal(answer.text, 'hello');
    assert.deepEqual(head.get('x-answer'), ['me']);
    assert.deepEqual(status.metadata.get('x-trailer'), ['kept']);
    assert.equal(status.code, grpc.status.OK);
  },
  async 'unary-large'() {
    const data = Buffer.alloc(8 << 20, 'x');
    const { answer } = await unary('Unary', { data });
    assert.equal(Buffer.compare(answer.data, data), 0);
  },
  async 'server-stream'() {
    let next = 0;
    for await (const m of client.ServerStream({ text: 's', count: 1000 })) assert.equal(m.count, next++);
    assert.equal(next, 1000);
  },
  async 'client-stream'() {
    const answer = await new Promise((resolve, reject) => {
      const call = client.ClientStream((error, message) => error ? reject(error) : resolve(message));
      for (let i = 0; i < 1000; i++) call.write({ text: 'a' });
      call.end();
    });
    assert.equal(answer.count, 1000);
  },
  // Each message is sent only when the answer to the one before is there: nothing may be held back in either direction.
  async 'bidi-ping-pong'() {
    const call = client.Bidi();
    const answers = call[Symbol.asyncIterator]();
    for (let i = 0; i < 50; i++) {
      call.write({ count: i });
      assert.equal((await answers.next()).value.count, i);
    }
    call.end();
    assert.equal((await answers.next()).done, true);
  },
  async 'error-status'() {
    const error = await unary('Fail', {}).then(() => assert.fail('It succeeded.'), e => e);
    assert.equal(error.code, grpc.status.FAILED_PRECONDITION);
    assert.equal(error.details, 'näh: not now');
  },
  async unimplemented() {
    const error = await new Promise(resolve => client.makeUnaryRequest('/echo.Echo/Nothing', x => x, x => x, Buffer.alloc(0), e => resolve(e)));
    assert.equal(error.code, grpc.status.UNIMPLEMENTED);
  },
  async 'client-cancels'() {
    const heard = new Promise(resolve => { cancelled = resolve; });
    const call = client.Wait({}, () => {});
    setTimeout(() => call.cancel(), 300);
    await heard;
  },
  async deadline() {
    const error = await unary('Wait', {}, new grpc.Metadata(), { deadline: Date.now() + 300 }).then(() => assert.fail('It succeeded.'), e => e);
    assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
  },
  async 'many-at-once'() {
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => unary('Unary', { count: i })));
    answers.forEach(({ answer }, i) => assert.equal(answer.count, i));
  },
});
