// An HTTP server on UPSTREAM_PORT that appends the id of every request it begins to work on to the file ARRIVALS, so that a request which arrives twice shows even
// if the process is killed in between.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const id = request.headers['x-id'];
  let bytes = 0;
  request.on('data', piece => { bytes += piece.length; });
  request.on('end', () => {
    if (id) appendFileSync(process.env.ARRIVALS, `${request.method} ${id}\n`);
    response.setHeader('x-target', process.env.UPSTREAM_PORT);
    setTimeout(() => response.end(`${id} ${bytes}`), Math.random() * 10);
  });
});
server.keepAliveTimeout = 2000;
server.listen(Number(process.env.UPSTREAM_PORT), '127.0.0.1', () => console.log('ready'));
