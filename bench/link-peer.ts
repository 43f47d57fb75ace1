import { Credentials } from '../src/link/machines/credentials.ts';
import { serveLink } from '../src/link/serve.ts';

/** A ledger's link that gives back what it is asked, on its sockets and to other machines; says its port. */
const [home = ''] = process.argv.slice(2);
const credentials = Credentials.open(home, 'ledger', 'ledger');
if (credentials === undefined) throw new Error('usage: link-peer.ts HOME, which has joined');
const server = await serveLink({ home, self: 'ledger', handlers: { 'ledger.query': { call: (body) => body } } });
console.log(server.open({ hostname: '127.0.0.1', port: 0 }, credentials).port);
