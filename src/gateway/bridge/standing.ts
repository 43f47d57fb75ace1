import { LIMITS } from '../../domain/limits.ts';
import type { Message, NotificationMessage, RequestMessage } from '../../domain/message.ts';

/** How the standing stream reaches its server. */
export interface StandingWay {
  stream(signal: AbortSignal): AsyncIterable<Message>;
  /** Our own word to the server about a question that nobody can be asked. */
  decline(question: RequestMessage): void;
}

/**
 * What a legacy server says outside of any call (2025-11-25, the GET stream): one stream for each session of ours, shared
 * by all that happens in it. A question that comes on it belongs to the call in flight, as long as there is only one.
 */
export interface Standing {
  /** Resolves when the stream is open, or the server is known to have none. Throws when the session is not known any more. */
  open(way: StandingWay): Promise<void>;
  /** A call in flight; the way out of it is returned. */
  call(take: (message: Message) => void): () => void;
  /** Someone who wants to know what changes; `over` is called when the stream has ended. */
  listen(take: (message: NotificationMessage) => void, over: () => void): () => void;
  /** Something changed, whichever stream it was said on. */
  announce(message: NotificationMessage): void;
  /** Counts who wants to hear of a resource. True: the first. */
  want(uri: string): boolean;
  /** True: nobody else wants to hear of it. */
  unwant(uri: string): boolean;
  close(): void;
  /** Whether a call is in flight or someone listens. */
  isUsed(): boolean;
}

/** What concerns everyone and not only the call that it is said in. */
const CHANGES = /^notifications\/(?:(?:tools|prompts|resources)\/list_changed|resources\/updated)$/;

export function isChange(message: NotificationMessage): boolean {
  return CHANGES.test(message.method);
}

export function createStanding(): Standing {
  const controller = new AbortController();
  const calls = new Set<(message: Message) => void>();
  const listeners = new Map<(message: NotificationMessage) => void, () => void>();
  let opening: Promise<void> | undefined;

  const announce = (message: NotificationMessage): void => {
    for (const take of listeners.keys()) take(message);
  };
  const hear = (message: Message, way: StandingWay): void => {
    if (message.kind === 'notification' && isChange(message)) announce(message);
    if (message.kind !== 'request') return;
    const [only] = calls;
    if (only !== undefined && calls.size === 1) only(message);
    else way.decline(message);
  };
  const over = (): void => {
    opening = undefined;
    for (const end of listeners.values()) end();
  };
  const read = async (way: StandingWay, opened: () => void): Promise<void> => {
    for await (const message of way.stream(controller.signal)) {
      // A server that has no such stream says so (405); then nothing but its answers is heard of it.
      if (message.kind === 'error') return;
      opened();
      hear(message, way);
    }
    over();
  };

  return {
    open(way) {
      opening ??= new Promise((resolve, reject) => {
        let isOpen = false;
        const opened = (): void => {
          isOpen = true;
          resolve();
        };
        // A stream whose head never comes must not hold up the call that wants it.
        const late = setTimeout(opened, LIMITS.standingStreamMs);
        read(way, opened).then(resolve, (fault: unknown) => {
          opening = undefined;
          if (isOpen) over();
          else reject(fault);
        }).finally(() => clearTimeout(late));
      });
      return opening;
    },
    call(take) {
      calls.add(take);
      return () => calls.delete(take);
    },
    listen(take, end) {
      listeners.set(take, end);
      return () => listeners.delete(take);
    },
    announce,
    ...createWants(),
    close() {
      controller.abort();
      over();
    },
    isUsed: () => calls.size + listeners.size > 0,
  };
}

function createWants(): Pick<Standing, 'want' | 'unwant'> {
  const wanted = new Map<string, number>();
  return {
    want(uri) {
      const count = wanted.get(uri) ?? 0;
      wanted.set(uri, count + 1);
      return count === 0;
    },
    unwant(uri) {
      const count = wanted.get(uri) ?? 0;
      if (count > 1) wanted.set(uri, count - 1);
      else wanted.delete(uri);
      return count <= 1;
    },
  };
}
