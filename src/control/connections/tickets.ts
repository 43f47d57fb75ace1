import { createHash, randomBytes } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { SharedState } from '../../domain/state.ts';
import { TICKET, type Ticket } from './schema.ts';

/** What lets one person begin one connection, within minutes: given to the caller whose call needed it, and to nobody else. */
export interface Tickets {
  /** The address to open, and the id of the elicitation that names it. The same wish within its time gets the same one. */
  issue(wish: Omit<Ticket, 'id' | 'createdAt'>, origin: string): Promise<{ readonly url: string; readonly id: string }>;
  /** Throws `ERR_CONNECTION_INVALID` for one that was never given, is too old, or was used. */
  read(ticket: string): Promise<Ticket>;
  /** The same, once for ever. */
  use(ticket: string): Promise<Ticket>;
}

interface Issued {
  readonly url: string;
  readonly id: string;
  readonly until: number;
}

const TICKET_BYTES = 32;
/** A person who is told of an address just before it ends could not use it. */
const REUSED_MS = LIMITS.connectTicketMs / 2;
const REMEMBERED_MAX = 10_000;

export function createTickets(state: SharedState, now: () => number): Tickets {
  const issued = new Map<string, Issued>();
  const read = async (ticket: string): Promise<Ticket> => {
    const text = /^[\w-]{43}$/.test(ticket) ? await state.get(keyOf('ticket', ticket)) : undefined;
    if (text === undefined || await state.get(keyOf('used', ticket)) !== undefined) throw invalid();
    return TICKET.parse(JSON.parse(text));
  };
  return {
    async issue(wish, origin) {
      const key = JSON.stringify([origin, wish]);
      const known = issued.get(key);
      if (known !== undefined && known.until > now()) return known;
      await count(state, wish);
      const ticket = randomBytes(TICKET_BYTES).toString('base64url');
      const id = Bun.randomUUIDv7();
      await state.set(keyOf('ticket', ticket), JSON.stringify({ ...wish, id, createdAt: now() }), LIMITS.connectTicketMs);
      const made = { url: `${origin}/connections/start/${ticket}`, id, until: now() + REUSED_MS };
      issued.delete(key);
      issued.set(key, made);
      const oldest = issued.size > REMEMBERED_MAX ? issued.keys().next().value : undefined;
      if (oldest !== undefined) issued.delete(oldest);
      return made;
    },
    read,
    async use(ticket) {
      const found = await read(ticket);
      if (!(await state.setIfAbsent(keyOf('used', ticket), '1', LIMITS.connectTicketMs))) throw invalid();
      for (const [key, { id }] of issued) if (id === found.id) issued.delete(key);
      return found;
    },
  };
}

async function count(state: SharedState, { space, principal }: Pick<Ticket, 'space' | 'principal'>): Promise<void> {
  const sum = await state.increment(keyOf('count', JSON.stringify([space, principal])), 1, LIMITS.connectTicketMs);
  if (sum <= LIMITS.connectTicketsPerPrincipalMax) return;
  throw new SallyportError('ERR_UPSTREAM_CREDENTIAL', 'Too many connections were asked for.', {
    remedy: 'Open one of the addresses that were given, or wait.',
  });
}

/** Whoever reads the store learns no ticket and no state. */
export function keyOf(kind: string, secret: string): string {
  return `connect-${kind}/${createHash('sha256').update(secret).digest('base64url')}`;
}

export function invalid(): SallyportError {
  return new SallyportError('ERR_CONNECTION_INVALID', 'This link is not valid: it is too old, was used already, or belongs to another browser.', {
    remedy: 'Let your agent call again; it is given a new link.',
  });
}
