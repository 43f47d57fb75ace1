import { LIMITS } from '../domain/limits.ts';
import type { Message } from '../domain/message.ts';

/** A stream with a side entrance: what is pushed comes out between its own messages, and it ends when they do. */
export interface SideEntrance {
  readonly messages: AsyncGenerator<Message, void, undefined>;
  /** False when too much waits to be read; the message is then not taken. */
  readonly push: (message: Message) => boolean;
}

/** The stream is still read one message at a time, and only when asked: a slow reader holds up its server, not our memory. */
export function withSideEntrance(main: AsyncIterator<Message>): SideEntrance {
  let pushed: Message[] = [];
  let arrived: (() => IteratorResult<Message>) | undefined;
  let isPulling = false;
  let wake: (() => void) | undefined;

  const settle = (outcome: () => IteratorResult<Message>): void => {
    arrived = outcome;
    wake?.();
  };
  const pull = (): void => {
    isPulling = true;
    main.next().then(
      (next) => settle(() => next),
      (fault: unknown) => settle(() => {
        throw fault;
      }),
    );
  };

  async function* messages(): AsyncGenerator<Message, void, undefined> {
    try {
      for (;;) {
        if (!isPulling) pull();
        if (pushed.length === 0 && arrived === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const batch = pushed;
        pushed = [];
        yield* batch;
        if (arrived === undefined) continue;
        const next = arrived();
        arrived = undefined;
        isPulling = false;
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      // Not awaited: a stream that is being read ends its turn only when its signal aborts.
      main.return?.().catch(() => undefined);
    }
  }

  return {
    messages: messages(),
    push(message) {
      if (pushed.length >= LIMITS.upstreamQueueMessages) return false;
      pushed.push(message);
      wake?.();
      return true;
    },
  };
}
