import { tailEntries } from '../tail.ts';
import type { FromThread, Growth, SinksPart, ToThread } from './messages.ts';
import { toSinkFault } from './sink.ts';
import { runSinks } from './sinks.ts';
import type { RunningSinks, SinksConfiguration } from './sinks.ts';

const REPORT_MS = 500;

/** The thread's side of `messages.ts`. */
export interface ThreadPort {
  post(message: FromThread): void;
  onMessage(listener: (message: ToThread) => void): void;
}

/** Runs sinks in a thread of their own: what TLS, compression and formats cost is not taken from appending. */
export function serveSinks(port: ThreadPort): void {
  const listeners = new Set<() => void>();
  let growth: Growth = { end: { first: 0, bytes: 0 }, next: 0 };
  let sinks: RunningSinks | undefined;
  let turn = Promise.resolve();

  const report = (): void => {
    if (sinks !== undefined) port.post({ kind: 'status', reports: [...sinks.status()].map(([name, status]) => ({ name, ...status })) });
  };
  const answer = async (ask: number, act: (all: RunningSinks) => Promise<Pick<Extract<FromThread, { kind: 'answer' }>, 'test'>>): Promise<void> => {
    try {
      if (sinks !== undefined) port.post({ kind: 'answer', ask, ...(await act(sinks)) });
    } catch (error) {
      port.post({ kind: 'answer', ask, error: toSinkFault(error).message });
    }
  };
  const handle = async (message: ToThread): Promise<void> => {
    switch (message.kind) {
      case 'start': {
        const { home, dir, source } = message;
        ({ growth } = message);
        const follow = { durableEnd: () => growth.end, onGrown: (listener: () => void) => (listeners.add(listener), () => void listeners.delete(listener)) };
        sinks = runSinks({
          home, dir, source, next: () => growth.next, news: (news) => port.post({ kind: 'news', news }),
          tail: (from, signal) => tailEntries(dir, from, signal, follow),
        });
        setInterval(report, REPORT_MS);
        return;
      }
      case 'configure': return sinks?.configure(configurationOf(message.configuration)).then(report);
      case 'replay': return answer(message.ask, async (all) => (await all.replay(message.name, message.from), report(), {}));
      case 'test': return void answer(message.ask, async (all) => ({ test: await all.test(message.name) }));
      case 'close':
        await sinks?.close();
        return port.post({ kind: 'closed' });
      case 'grown':
    }
  };
  port.onMessage((message) => {
    if (message.kind === 'grown') {
      ({ growth } = message);
      for (const listener of listeners) listener();
      return;
    }
    // One at a time: what is configured and replayed at once would be neither.
    turn = turn.then(() => handle(message)).catch(() => undefined);
  });
}

function configurationOf({ sinks, pseudonyms }: SinksPart): SinksConfiguration {
  return { sinks, pseudonyms: { on: pseudonyms.on, key: Buffer.from(pseudonyms.key, 'base64url') } };
}
