import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { LedgerReader } from '../audit/reader.ts';
import type { Pin } from './pin.ts';

const SEALED = z.object({ version: z.int(), digest: z.string() });
const LOOK_MS = 50;

/**
 * The newest version that the ledger saw committed. Its index may still be reading what is new to it. Throws
 * `ERR_JOURNAL_UNAVAILABLE` when it doesn't get there in time: whether the store is an old one would be a guess.
 */
export async function askWitness(ledger: Pick<LedgerReader, 'search'>): Promise<Pin | undefined> {
  const until = Date.now() + LIMITS.configurationWitnessMs;
  // Nobody else writes of the configuration: what the log gains while this asks, calls of others, says nothing of it.
  let enough: number | undefined;
  for (;;) {
    const question = 'event = config.sealed';
    const { entries, known, end } = await ledger.search({ space: DEFAULT_SPACE, question, now: Date.now(), order: 'newest', limit: 1 });
    enough ??= end;
    if (known >= enough) {
      const read = SEALED.safeParse(entries[0]?.record['detail']);
      return read.success ? { number: read.data.version, digest: read.data.digest } : undefined;
    }
    if (Date.now() > until) {
      throw new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the ledger is still reading its records anew', { remedy: 'Start control again in a minute.' });
    }
    await Bun.sleep(LOOK_MS);
  }
}
