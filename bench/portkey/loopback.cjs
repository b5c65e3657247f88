// Portkey listens on all interfaces and has no setting for it; a benchmark must not.
const net = require('node:net');

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  const port = typeof args[0] === 'object' ? args[0].port : args[0];
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, args.find((arg) => typeof arg === 'function'));
};
