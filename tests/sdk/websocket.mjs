// A WebSocket server on UPSTREAM_PORT that echoes, and a client that reaches it by way of BASE_URL. The cases follow the sections of the Autobahn test suite that
// pass through a gateway unseen: framing, pings, fragmentation, UTF-8, close.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { baseUrl, run } from './scenarios.mjs';

const server = new WebSocketServer({
  host: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT), maxPayload: 64 << 20,
  verifyClient: ({ req }, done) => done(req.url !== '/nothing/here', 404, 'there is nothing here'),
  handleProtocols: protocols => protocols.has('chat') ? 'chat' : false,
});
let lastRequest;
server.on('connection', (socket, request) => {
  lastRequest = request;
  socket.on('message', (data, isBinary) => {
    if (!isBinary && data.toString() === 'close-me') return socket.close(4001, 'as asked');
    if (!isBinary && data.toString() === 'cut-me') return socket.terminate();
    if (!isBinary && data.toString() === 'ping-me') return socket.ping('from server');
    socket.send(data, { binary: isBinary });
  });
});
await once(server, 'listening');

const url = path => baseUrl.replace(/^http/, 'ws') + path;

async function open(path = '/ws/echo?x=1', protocols = [], options = {}) {
  const socket = new WebSocket(url(path), protocols, { maxPayload: 64 << 20, ...options });
  await once(socket, 'open');
  return socket;
}

async function echo(socket, message, options) {
  const answer = once(socket, 'message');
  socket.send(message, options);
  return (await answer)[0];
}

const scenarios = {
  async 'upgrade-head'() {
    const socket = await open('/ws/echo?x=1', ['other', 'chat'], { headers: { 'x-own': 'kept' } });
    assert.equal(socket.protocol, 'chat');
    assert.equal(lastRequest.url, '/ws/echo?x=1');
    assert.equal(lastRequest.headers['x-own'], 'kept');
    assert.match(lastRequest.headers.via, /gateway/);
    socket.close();
  },
  async 'pings-both-ways'() {
    const socket = await open();
    const pong = once(socket, 'pong');
    socket.ping('from client');
    assert.equal((await pong)[0].toString(), 'from client');
    const ping = once(socket, 'ping');
    socket.send('ping-me');
    assert.equal((await ping)[0].toString(), 'from server');
    socket.close();
  },
  async fragmented() {
    const socket = await open();
    const answer = once(socket, 'message');
    for (const part of ['frag', 'ment', 'ed ']) socket.send(part, { fin: false });
    socket.send('text', { fin: true });
    assert.equal((await answer)[0].toString(), 'fragmented text');
    socket.close();
  },
  async 'utf-8'() {
    const socket = await open();
    const text = 'Hello-µ@ßöäüàá-UTF-8!! κόσμε 𝄞 \u0000';
    assert.equal((await echo(socket, text)).toString(), text);
    socket.close();
  },
  async 'close-code-from-server'() {
    const socket = await open();
    socket.send('close-me');
    const [code, reason] = await once(socket, 'close');
    assert.deepEqual([code, reason.toString()], [4001, 'as asked']);
  },
  async 'close-code-from-client'() {
    const accepted = once(server, 'connection');
    const socket = await open();
    const closed = once((await accepted)[0], 'close');
    socket.close(3005, 'bye');
    const [code, reason] = await closed;
    assert.deepEqual([code, reason.toString()], [3005, 'bye']);
  },
  async 'cut-by-server'() {
    const socket = await open();
    socket.send('cut-me');
    const [code] = await once(socket, 'close');
    assert.equal(code, 1006);
  },
  async 'cut-by-client'() {
    const accepted = once(server, 'connection');
    const socket = await open();
    const closed = once((await accepted)[0], 'close');
    socket.terminate();
    assert.equal((await closed)[0], 1006);
  },
  async 'many-messages'() {
    const socket = await open();
    let next = 0;
    const all = new Promise(resolve => socket.on('message', data => {
      assert.equal(data.toString(), String(next++));
      if (next === 5000) resolve();
    }));
    for (let i = 0; i < 5000; i++) socket.send(String(i));
    await all;
    socket.close();
  },
  async 'many-sockets'() {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => open()));
    const answers = await Promise.all(sockets.map((socket, i) => echo(socket, `socket ${i}`)));
    answers.forEach((answer, i) => assert.equal(answer.toString(), `socket ${i}`));
    sockets.forEach(socket => socket.close());
  },
  async 'refused-upgrade'() {
    const socket = new WebSocket(url('/nothing/here'));
    const [error] = await once(socket, 'error');
    assert.match(error.message, /404/);
  },
};
for (const bytes of [0, 1, 125, 126, 127, 128, 65535, 65536, 1 << 20, 16 << 20]) {
  scenarios[`binary-${bytes}`] = async () => {
    const socket = await open();
    const sent = Buffer.alloc(bytes, 0xfe);
    assert.equal(Buffer.compare(await echo(socket, sent, { binary: true }), sent), 0);
    socket.close();
  };
  scenarios[`text-${bytes}`] = async () => {
    const socket = await open();
    const sent = '*'.repeat(bytes);
    assert.equal((await echo(socket, sent)).toString() === sent, true);
    socket.close();
  };
}
await run(scenarios);
