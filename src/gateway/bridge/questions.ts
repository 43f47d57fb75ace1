import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { ErrorMessage, ResultMessage } from '../../domain/message.ts';

type Answer = ResultMessage | ErrorMessage;

/** What the gateway has asked legacy clients on behalf of servers, and who waits for the answers. */
export interface Questions {
  /** A new id for a server request to the client of this session, and its answer to come. Rejects when `signal` aborts. */
  ask(session: string, signal: AbortSignal): { readonly id: string; readonly answer: Promise<Answer> };
  /** Hands an answer to who waits for it. False: nobody here does. */
  answer(session: string, message: Answer): boolean;
  ownerOf(id: string): string;
  /** How many wait. */
  readonly size: number;
}

export function createQuestions(node: string): Questions {
  const waiting = new Map<string, { readonly session: string; readonly resolve: (answer: Answer) => void }>();
  return {
    ask(session, signal) {
      if (waiting.size >= LIMITS.heldCallsMax) {
        throw new SallyportError('ERR_LIMIT_OPEN_EXCHANGES', 'Too many questions to clients are open.', { remedy: 'Try again later.' });
      }
      const id = `${node}/${crypto.randomUUID()}`;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const gone = (): void => {
        waiting.delete(id);
        reject(signal.reason);
      };
      signal.addEventListener('abort', gone, { once: true });
      waiting.set(id, {
        session,
        resolve: (answer) => {
          signal.removeEventListener('abort', gone);
          waiting.delete(id);
          resolve(answer);
        },
      });
      // Who asked may end before it waits; the rejection is then nobody's.
      promise.catch(() => undefined);
      return { id, answer: promise };
    },
    answer(session, message) {
      const question = typeof message.id === 'string' ? waiting.get(message.id) : undefined;
      if (question === undefined || question.session !== session) return false;
      question.resolve(message);
      return true;
    },
    ownerOf: (id) => id.slice(0, id.lastIndexOf('/')),
    get size() {
      return waiting.size;
    },
  };
}
