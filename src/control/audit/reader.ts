import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Link } from '../../link/connect.ts';

/** One record as the ledger keeps it. */
export interface LedgerEntry {
  readonly position: number;
  readonly record: JsonObject;
}

/** The ledger as control may use it: to read. Both throw `ERR_LINK_*`, `ERR_QUERY_INVALID`. */
export interface LedgerReader {
  /** Newest first unless the filter says `order: 'oldest'`. `damaged`: how many places could not be read. */
  query(filter: JsonObject): Promise<{ readonly entries: readonly LedgerEntry[]; readonly damaged: number }>;
  /** The sealed payloads of an exchange. */
  bodies(space: string, exchange: string): Promise<readonly SealedRecord[]>;
  /** Gives how many records were erased. Throws `ERR_LEGAL_HOLD`, `ERR_NOT_FOUND`. */
  erase(what: Readonly<Record<string, string>>): Promise<number>;
  /** The permit of an exchange whose call is open now, or undefined. */
  receipt(exchange: string): Promise<Receipt | undefined>;
  /** What is written from now on, of every space. */
  tail(signal: AbortSignal): AsyncGenerator<LedgerEntry>;
}

const RECEIPT = z.object({
  role: z.string(), node: z.string(), space: z.string(), exchange: z.string(),
  server: z.string().optional(), tool: z.string().optional(), method: z.string().optional(),
  /** Whose credential is to be shown: the caller, or whom a workload of ours acts for. */
  principal: z.string(), agent: z.string(), actors: z.array(z.string()),
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

const ENTRY = z.object({ position: z.int(), record: z.record(z.string(), z.json()) });
const ANSWER = z.object({ entries: z.array(ENTRY), damage: z.array(z.unknown()) });

export function createLedgerReader(link: Pick<Link, 'call' | 'stream'>): LedgerReader {
  return {
    query: async (filter) => {
      const { entries, damage } = read(ANSWER, await link.call('ledger.query', filter));
      return { entries, damaged: damage.length };
    },
    bodies: async (space, exchange) => read(z.array(SEALED), await link.call('ledger.bodies', { space, exchange })),
    erase: async (what) => read(z.object({ erased: z.int() }), await link.call('ledger.erase', what)).erased,
    receipt: async (exchange) => read(RECEIPT.nullable(), await link.call('ledger.receipt', { exchange })) ?? undefined,
    tail: async function* tail(signal) {
      for await (const entry of link.stream('ledger.tail', {}, signal)) yield read(ENTRY, entry);
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
