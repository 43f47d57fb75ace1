import { setPriority } from 'node:os';
import { serveSinks } from '../audit/sinks/serve.ts';

/** The thread of the ledger role in which its sinks run. */

declare const self: Worker;

/** Where there is too little CPU for all, appending comes first: the sinks fall behind, and catch up. */
const NICE = 10;
// On Linux a priority is a thread's own; elsewhere it would be the whole ledger's.
if (process.platform === 'linux') setPriority(0, NICE);

serveSinks({
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
  post: (message) => self.postMessage(message),
  onMessage: (listener) => self.addEventListener('message', (event) => listener(event.data)),
});
