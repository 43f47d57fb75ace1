import { z } from 'zod';
import type { ActivityAsk, Ask, EdgesAsk, SessionsAsk } from '../../audit/index/ask.ts';
import { narrowed, quote } from '../../audit/query/rewrite.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { timesOf } from './times.ts';
import type { Link } from '../../link/connect.ts';

/** One record as the ledger keeps it. */
export interface LedgerEntry {
  readonly position: number;
  readonly record: JsonObject;
}

/** The ledger as control may use it: to read. Both throw `ERR_LINK_*`, `ERR_QUERY_INVALID`. */
export interface LedgerReader {
  /** What a question finds (docs/audit/query.md). Throws `ERR_QUERY_INVALID`, too. */
  search(ask: Ask): Promise<Found>;
  /** Flow contexts in sum, the latest first. */
  sessions(ask: SessionsAsk): Promise<SessionsFound>;
  /** What was done by time. */
  activity(ask: ActivityAsk): Promise<ActivityFound>;
  /** Who called which server. */
  edges(ask: EdgesAsk): Promise<EdgesFound>;
  /** Newest first unless the filter says `order: 'oldest'`. `damaged`: how many places could not be read. */
  query(filter: Wanted): Promise<{ readonly entries: readonly LedgerEntry[]; readonly damaged: number }>;
  /** Reads and checks the whole log; gives how many places are not what was written. */
  verify(signal: AbortSignal): Promise<number>;
  /** The sealed payloads of an exchange. */
  bodies(space: string, exchange: string): Promise<readonly SealedRecord[]>;
  /** Records that match, oldest first, each with its sealed payload; in the end how many places could not be read. */
  payloads(ask: PayloadsAsk, signal: AbortSignal): AsyncGenerator<WithPayload | { readonly damaged: number }>;
  /** Gives how many records were erased. Throws `ERR_LEGAL_HOLD`, `ERR_NOT_FOUND`. */
  erase(what: Readonly<Record<string, string>>): Promise<number>;
  /** Proofs of records under one checkpoint. Throws `ERR_NOT_FOUND`, `ERR_LOG_INCONSISTENT`. */
  prove(positions: readonly number[]): Promise<Proven>;
  /** The permit of an exchange whose call is open now, or undefined. */
  receipt(exchange: string): Promise<Receipt | undefined>;
  /** What is written from now on, or from a position on, of every space. */
  tail(signal: AbortSignal, from?: number): AsyncGenerator<LedgerEntry>;
}

const RECEIPT = z.object({
  role: z.string(), node: z.string(), space: z.string(), exchange: z.string(),
  server: z.string().optional(), tool: z.string().optional(), method: z.string().optional(),
  /** Whose credential is to be shown: the caller, or whom a workload of ours acts for. */
  principal: z.string(), kind: z.enum(['person', 'workload', '']), agent: z.string(), actors: z.array(z.string()),
  /** What else may end the call: who made it, what it goes through, its flow context, credentials and sign-ins, the oldest of them (epoch ms). */
  caller: z.string(), dispatchers: z.array(z.string()), flow: z.string(), credentials: z.array(z.string()), issuedAt: z.number(),
  /** Since the permit was recorded, by the ledger's own clock. */
  ageMs: z.number(),
});
/** The ledger's word that a call was permitted. */
export type Receipt = z.infer<typeof RECEIPT>;

const SEALED = z.object({
  position: z.int(), record: z.string(), event: z.string(),
  /** Null: it has expired. */
  sealed: z.object({ class: z.string(), region: z.string(), key: z.string(), box: z.string() }).nullable(),
  /** The detail of the `key.wrapped` record; null: it was erased. */
  key: z.object({ class: z.string(), region: z.string(), epoch: z.string(), wrapped: z.string() }).nullable(),
});
export type SealedRecord = z.infer<typeof SEALED>;

/** What is asked for whole: `question` as for a search; with `payloads` each record's own. */
export interface PayloadsAsk {
  readonly space: string;
  readonly question: string;
  readonly now: number;
  readonly payloads: boolean;
}

const WITH_PAYLOAD = z.object({
  position: z.int(), record: z.record(z.string(), z.json()),
  /** Whether it was written with a payload. */
  held: z.boolean(),
  /** Absent: none was asked for. */
  sealed: SEALED.shape.sealed.exactOptional(), key: SEALED.shape.key.exactOptional(),
});
export type WithPayload = z.infer<typeof WITH_PAYLOAD>;

const PROVEN = z.object({
  vkey: z.string(), note: z.string(), proofs: z.array(z.object({ position: z.int(), line: z.string(), proof: z.array(z.string()) })),
});
/** `note`: the signed checkpoint. `line`: as it was written; erased, it shows its leaf only. */
export type Proven = z.infer<typeof PROVEN>;

const VERIFIED = z.object({ flawCount: z.int(), unaccounted: z.int() });
const ENTRY = z.object({ position: z.int(), record: z.record(z.string(), z.json()) });
const FOUND = z.object({
  entries: z.array(ENTRY), damaged: z.int(), known: z.int(), end: z.int(), next: z.int().exactOptional(), total: z.int().exactOptional(),
  counts: z.array(z.object({ values: z.array(z.union([z.string(), z.number(), z.null()])), count: z.int() })).exactOptional(),
});
/** `known`, `end`: positions below the first are indexed, of as many as the second. `next`: where to go on, if there may be more. */
export type Found = z.infer<typeof FOUND>;
const COUNT = z.int().nonnegative();
const SUMMED = { calls: COUNT, denials: COUNT, held: COUNT, failures: COUNT, findings: COUNT } as const;
const CARRIED = z.object({ confidentiality: z.string().exactOptional(), categories: z.array(z.string()), untrusted: z.boolean() });
const SESSIONS = z.object({
  known: z.int(), end: z.int(), next: z.object({ at: z.number(), context: z.string() }).exactOptional(), total: COUNT.exactOptional(),
  totalIsLeast: z.boolean().exactOptional(),
  sessions: z.array(z.object({
    context: z.string(), principal: z.string().exactOptional(), principalKind: z.string().exactOptional(), agent: z.string().exactOptional(),
    first: z.int(), last: z.int(), firstAt: z.number(), lastAt: z.number(), records: COUNT, ...SUMMED, severity: z.string().exactOptional(), labels: CARRIED,
    servers: z.array(z.object({ server: z.string(), calls: COUNT, denials: COUNT })),
  })),
});
export type SessionsFound = z.infer<typeof SESSIONS>;

const ACTIVITY = z.object({
  known: z.int(), end: z.int(), others: COUNT, rows: z.array(z.object({ name: z.string(), ...SUMMED, cells: z.array(z.array(z.number())) })),
});
export type ActivityFound = z.infer<typeof ACTIVITY>;

const EDGES = z.object({
  known: z.int(), end: z.int(), others: z.object({ edges: COUNT, ...SUMMED }),
  edges: z.array(z.object({
    principal: z.string(), principalKind: z.string().exactOptional(), agent: z.string(), server: z.string(), lastAt: z.number(), ...SUMMED,
    severity: z.string().exactOptional(), labels: CARRIED,
  })),
});
export type EdgesFound = z.infer<typeof EDGES>;

/** Fields that must be equal, between two times (epoch ms; the later one exclusive). */
type Wanted = {
  readonly space: string; readonly since?: number; readonly until?: number; readonly limit?: number; readonly order?: 'newest' | 'oldest';
} & { readonly [Field in 'category' | 'event' | 'exchange' | 'principal' | 'agent' | 'server' | 'tool']?: string };

const LIMIT_DEFAULT = 100;

export function createLedgerReader(link: Pick<Link, 'call' | 'stream'>): LedgerReader {
  return {
    query: async (filter) => {
      const { space, since, until, limit = LIMIT_DEFAULT, order = 'newest', ...exact } = filter;
      const conditions = Object.entries(exact).map(([field, value]) => `${field} = ${quote(value)}`);
      const question = narrowed('', [...timesOf(since, until), ...conditions]);
      return read(FOUND, await link.call('ledger.search', { space, question, now: Date.now(), order, limit }));
    },
    search: async (ask) => read(FOUND, await link.call('ledger.search', { ...ask })),
    sessions: async ({ mark, ...ask }) => read(SESSIONS, await link.call('ledger.sessions', { ...ask, ...(mark === undefined ? {} : { mark: { ...mark } }) })),
    activity: async (ask) => read(ACTIVITY, await link.call('ledger.activity', { ...ask })),
    edges: async (ask) => read(EDGES, await link.call('ledger.edges', { ...ask })),
    verify: async (signal) => {
      for await (const answer of link.stream('ledger.verify', {}, signal)) {
        const { flawCount, unaccounted } = read(VERIFIED, answer);
        return flawCount + unaccounted;
      }
      throw new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the ledger did not say what it found', { remedy: 'Ask again.' });
    },
    bodies: async (space, exchange) => read(z.array(SEALED), await link.call('ledger.bodies', { space, exchange })),
    payloads: async function* payloads(ask, signal) {
      for await (const one of link.stream('ledger.payloads', { ...ask }, signal)) yield read(z.union([WITH_PAYLOAD, z.object({ damaged: z.int() })]), one);
    },
    erase: async (what) => read(z.object({ erased: z.int() }), await link.call('ledger.erase', what)).erased,
    prove: async (positions) => read(PROVEN, await link.call('ledger.prove', { positions: [...positions] })),
    receipt: async (exchange) => read(RECEIPT.nullable(), await link.call('ledger.receipt', { exchange })) ?? undefined,
    tail: async function* tail(signal, from) {
      for await (const entry of link.stream('ledger.tail', from === undefined ? {} : { from }, signal)) yield read(ENTRY, entry);
    },
  };
}

function read<T>(schema: z.ZodType<T>, value: Json): T {
  const found = schema.safeParse(value, { reportInput: false });
  if (found.success) return found.data;
  throw new SallyportError(
    'ERR_JOURNAL_UNAVAILABLE', 'the ledger answered with something else than records', { remedy: 'Run control and ledger in one version.' },
  );
}
