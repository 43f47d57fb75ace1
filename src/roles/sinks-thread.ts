import { serveSinks } from '../audit/sinks/serve.ts';

/** The thread of the ledger role in which its sinks run. */

declare const self: Worker;

serveSinks({
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
  post: (message) => self.postMessage(message),
  onMessage: (listener) => self.addEventListener('message', (event) => listener(event.data)),
});
