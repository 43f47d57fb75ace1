import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { isArray, type Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { SharedState } from '../../domain/state.ts';
import type { Peers } from './parts.ts';

/** `resources/subscribe` of legacy sessions whose other end is the gateway: the server behind has no sessions, or is a toolset. */
export interface Subscriptions {
  /** URIs as they are on the session's route. */
  of(exchange: Exchange): Promise<readonly string[]>;
  change(exchange: Exchange, uri: string, wanted: boolean): Promise<void>;
  /** This replica has the session's stream; `changed` is called when the stream has to listen for something else. */
  follow(exchange: Exchange, changed: () => void): Promise<() => void>;
  /** Another replica changed them. */
  changed(session: string): void;
}

export function createSubscriptions(node: string, state: SharedState, peers: Peers): Subscriptions {
  const followers = new Map<string, () => void>();
  const turns = new Map<string, Promise<void>>();

  const of = async (exchange: Exchange): Promise<readonly string[]> => {
    const stored = await state.get(keyOf(exchange, 'subscriptions'));
    const uris: Json = stored === undefined ? [] : JSON.parse(stored);
    return isArray(uris) ? uris.filter((uri) => typeof uri === 'string') : [];
  };
  const write = async (exchange: Exchange, uri: string, wanted: boolean): Promise<void> => {
    const rest = (await of(exchange)).filter((other) => other !== uri);
    const next = wanted ? [...rest, uri] : rest;
    if (next.length > LIMITS.subscriptionsPerSessionMax) {
      throw new SallyportError('ERR_PARAMS_INVALID', `A session has at most ${LIMITS.subscriptionsPerSessionMax} subscriptions.`);
    }
    await state.set(keyOf(exchange, 'subscriptions'), JSON.stringify(next), LIMITS.sessionMaxMs);
    const owner = await state.get(keyOf(exchange, 'stream'));
    const session = exchange.session?.key ?? '';
    if (owner === node) followers.get(session)?.();
    else if (owner !== undefined) await peers.resubscribe(owner, session).catch(() => undefined);
  };

  return {
    of,
    async change(exchange, uri, wanted) {
      // What is read, changed and written back must not be read by another in between.
      const session = exchange.session?.key ?? '';
      const turn = (turns.get(session) ?? Promise.resolve()).then(() => write(exchange, uri, wanted));
      const settled = turn.catch(() => undefined);
      turns.set(session, settled);
      try {
        await turn;
      } finally {
        if (turns.get(session) === settled) turns.delete(session);
      }
    },
    async follow(exchange, changed) {
      const session = exchange.session?.key ?? '';
      followers.set(session, changed);
      await state.set(keyOf(exchange, 'stream'), node, LIMITS.sessionMaxMs);
      return () => {
        if (followers.get(session) === changed) followers.delete(session);
      };
    },
    changed: (session) => followers.get(session)?.(),
  };
}

function keyOf(exchange: Exchange, what: string): string {
  return `${exchange.space}/${what}/${exchange.session?.key ?? ''}`;
}
