// Preloaded into the harness, whose scenarios listen on every interface and read their port in the same turn: a socket that
// is bound to loopback before it is handed over has its port at once (a host name would be looked up first).
const net = require('node:net');
const { TCP, constants } = process.binding('tcp_wrap');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
  if (typeof first !== 'number') return listen.call(this, first, ...rest);
  const socket = new TCP(constants.SERVER);
  const failed = socket.bind('127.0.0.1', first);
  if (failed !== 0) throw new Error(`cannot listen on 127.0.0.1:${first}`);
  return listen.call(this, socket, rest.findLast((argument) => typeof argument === 'function'));
};
