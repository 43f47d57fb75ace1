import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import type { Client } from './client.ts';

/** What proves, to the gate, on whose behalf a program calls: a short-lived token for one route, and how it is shown. */
export interface Ticket {
  /** The token that holds now; another one when half its life is over, so that no call meets an expired one. Throws what control says. */
  token(): Promise<string>;
  /** The gate does not know `refused` any more (a new store, a revocation): makes another, once for all that ask. */
  replace(refused: string): Promise<void>;
  /** Whether the gate may not have heard of the token yet. */
  isNew(token: string): boolean;
  /** The headers that show the token, for this one request. */
  present(token: string, request: { readonly method: string; readonly url: string }): Promise<Readonly<Record<string, string>>>;
  /** Takes from an answer what the next request needs. True: this request was refused for want of just that. */
  heard(response: Response): boolean;
  revoke(): Promise<void>;
}

const TOKEN_MS = 60 * 60_000;
const FRESH_MS = 3_000;

interface Made {
  readonly id: string;
  readonly token: string;
  readonly at: number;
}

/**
 * An agent token, held in memory only: made when it is first needed, and revoked at the end. `audience`: the route, as
 * `/mcp/<server>` or `/mcp/t/<toolset>`.
 */
export function createTicket(client: Pick<Client, 'send'>, audience: string, agent: string, groups: readonly string[], now: () => number = Date.now): Ticket {
  // The one before stays valid until it expires: calls that began with it go on.
  let made: readonly Made[] = [];
  let making: Promise<void> | undefined;
  const isRipe = (one: Made | undefined): boolean => one === undefined || now() - one.at >= TOKEN_MS / 2;
  const make = async (): Promise<void> => {
    const answer = await client.send('POST', '/tokens', { agent, audience: [audience], groups, ttlMs: TOKEN_MS });
    const { id, token } = isObject(answer) ? answer : {};
    if (typeof token !== 'string' || typeof id !== 'string') throw new SallyportError('ERR_INTERNAL', 'control made no token');
    made = [...made.filter((one) => now() - one.at < TOKEN_MS), { id, token, at: now() }];
  };
  const makeOnce = (): Promise<void> => {
    making ??= make().finally(() => {
      making = undefined;
    });
    return making;
  };
  return {
    async token() {
      if (isRipe(made.at(-1))) await makeOnce();
      return made.at(-1)?.token ?? '';
    },
    async replace(refused) {
      if (made.at(-1)?.token === refused) await makeOnce();
    },
    isNew: (token) => made.some((one) => one.token === token && now() - one.at < FRESH_MS),
    present: async (token) => ({ authorization: `Bearer ${token}` }),
    heard: () => false,
    async revoke() {
      await making?.catch(() => undefined);
      await Promise.all(made.map((one) => client.send('DELETE', `/tokens/${one.id}`).catch(() => undefined)));
      made = [];
    },
  };
}
