import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Link } from '../../link/connect.ts';

const STATUS = z.object({
  name: z.string(), type: z.string(), state: z.enum(['ok', 'retrying', 'dead']), position: z.int(), lagRecords: z.int(), lagMs: z.number(),
  sent: z.int(), parked: z.int(), failClosed: z.boolean(), error: z.string().optional(), errorAt: z.number().optional(),
});
const TEST = z.object({ ok: z.boolean(), latencyMs: z.number(), error: z.string().optional() });

/** What control may see of the ledger's sinks, and ask of them. All throw `ERR_LINK_*`; those for one sink `ERR_NOT_FOUND`, `ERR_NOT_RUNNING`. */
export interface SinkReader {
  list(): Promise<readonly z.infer<typeof STATUS>[]>;
  test(name: string): Promise<z.infer<typeof TEST>>;
  /** From a position or a time (epoch ms) on; gives the position. Throws `ERR_REQUEST_INVALID` for one that the log does not have. */
  replay(name: string, start: { readonly from?: number; readonly since?: number }): Promise<number>;
}

/** A sink that takes its time is waited for as long as it may. */
const TEST_MS = 60_000;

export function createSinkReader(link: Pick<Link, 'call'>): SinkReader {
  return {
    list: async () => read(z.array(STATUS), await link.call('ledger.sinks', {})),
    test: async (name) => read(TEST, await link.call('ledger.sink-test', { name }, { timeoutMs: TEST_MS })),
    replay: async (name, start) => read(z.object({ from: z.int() }), await link.call('ledger.sink-replay', { name, ...start })).from,
  };
}

function read<T>(schema: z.ZodType<T>, value: Json): T {
  const found = schema.safeParse(value, { reportInput: false });
  if (found.success) return found.data;
  throw new SallyportError('ERR_NOT_RUNNING', 'the ledger answered with something else than its sinks', { remedy: 'Run control and ledger in one version.' });
}
