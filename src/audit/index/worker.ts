import { setPriority } from 'node:os';
import { SallyportError } from '../../domain/errors.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { IndexWork } from './work.ts';

/*
 * The index has a thread of its own in the ledger's process, so that neither indexing nor a search over millions of records
 * holds up an append. On Linux a thread has a niceness of its own: when there is not time for both, the index falls behind.
 */
const NICE = 10;

declare const self: Worker;

let work: IndexWork | undefined;
let running: Promise<void> = Promise.resolve();

function tell(message: FromWorker): void {
  // Nobody but the thread that made this one listens.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  self.postMessage(message);
}

async function answer({ id, end, order }: Extract<ToWorker, { id: number }>): Promise<void> {
  try {
    if (work === undefined) throw new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the index is not open');
    tell({ id, answer: await work.answer(order, end) });
  } catch (error) {
    const known = error instanceof SallyportError ? error : new SallyportError('ERR_JOURNAL_UNAVAILABLE', `the index failed: ${String(error)}`);
    tell({ id, fault: { code: known.code, message: known.message, remedy: known.remedy, column: columnIn(known) } });
  }
}

function columnIn({ data }: SallyportError): number | undefined {
  return typeof data?.['column'] === 'number' ? data['column'] : undefined;
}

self.addEventListener('message', ({ data: message }: MessageEvent<ToWorker>) => {
  if ('open' in message) {
    work = new IndexWork(message.open);
    running = work.run();
  } else if ('grown' in message) work?.grown(message.grown);
  else if ('close' in message) {
    work?.close();
    void running.finally(() => tell({ closed: true }));
  } else void answer(message);
});

try {
  setPriority(0, NICE);
} catch {
  // Where a thread cannot be made nicer, it is as nice as the rest.
}
