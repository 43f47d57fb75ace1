// Preloaded into the peers: whatever address they ask for, they listen on loopback only.
const net = require('node:net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'number' || typeof first === 'string') {
    const callback = rest.findLast((argument) => typeof argument === 'function');
    return listen.call(this, { port: Number(first), host: '127.0.0.1' }, callback);
  }
  return listen.call(this, typeof first === 'object' && first !== null && 'port' in first ? { ...first, host: '127.0.0.1' } : first, ...rest);
};
