import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createJournal } from '../../src/audit/journal.ts';
import { SallyportError } from '../../src/domain/errors.ts';
import type { JournalRecord } from '../../src/domain/record.ts';
import { connectLink } from '../../src/link/connect.ts';

/** Gateways that write to the ledger of a home as fast as it takes what they write, and someone who reads its checkpoint. */
export interface LedgerLoad {
  /** Positions by id of what the ledger said it keeps. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Ids of what was refused or never answered: they may be kept or not, at most once. */
  readonly unsure: ReadonlySet<string>;
  /** Codes of the refusals. */
  readonly codes: ReadonlySet<string>;
  /** Every checkpoint that lay in the log's folder at some moment. */
  readonly checkpoints: ReadonlySet<string>;
  /** Resolves when so many more records have been acknowledged. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

const WRITERS = 4;
const BURST = 40;
/** Between bursts: the ledger is to be busy, not the machine. */
const PAUSE_MS = 5;
const WATCH_MS = 3;
const RETRY_MS = 15_000;
/** Refused ones are not tried again at once: a ledger that refuses answers fast. */
const REFUSED_MS = 5;

export function startLoad(home: string, retryMs: number = RETRY_MS): LedgerLoad {
  const acknowledged = new Map<string, number>();
  const unsure = new Set<string>();
  const codes = new Set<string>();
  const checkpoints = new Set<string>();
  const ending = new AbortController();
  mkdirSync(join(home, 'gateway'), { recursive: true });
  const writers = Array.from({ length: WRITERS }, async (_, index) => {
    const node = `gateway-${index}`;
    const link = connectLink({ home, self: 'gateway', peer: 'ledger' });
    const journal = createJournal(link, { node, incarnation: Bun.randomUUIDv7(), retryMs, seenFile: join(home, 'gateway', `seen-${node}.json`) });
    const write = async (record: JournalRecord): Promise<void> => {
      try {
        acknowledged.set(record.id, await journal.append(record));
      } catch (error) {
        unsure.add(record.id);
        codes.add(error instanceof SallyportError ? error.code : String(error));
        await Bun.sleep(REFUSED_MS);
      }
    };
    for (let round = 0; !ending.signal.aborted; round += 1) {
      await Promise.all(Array.from({ length: 1 + ((round * 7) % BURST) }, (_each, at) => write(recordOf(node, `${round}-${at}`))));
      await Bun.sleep(PAUSE_MS);
    }
    journal.close();
    link.close();
  });
  const watcher = (async () => {
    for (; !ending.signal.aborted; await Bun.sleep(WATCH_MS)) {
      const note = readCheckpoint(home);
      if (note !== undefined) checkpoints.add(note);
    }
  })();
  return {
    acknowledged, unsure, codes, checkpoints,
    more: async (count) => {
      for (const goal = acknowledged.size + count; acknowledged.size < goal; ) await Bun.sleep(WATCH_MS);
    },
    stop: async () => {
      ending.abort();
      await Promise.all([...writers, watcher]);
    },
  };
}

/** As an outsider reads it: the file, whenever it is there. */
function readCheckpoint(home: string): string | undefined {
  try {
    return readFileSync(join(home, 'ledger', 'log', 'checkpoint'), 'utf8');
  } catch {
    return undefined;
  }
}

function recordOf(node: string, exchange: string): JournalRecord {
  return {
    id: Bun.randomUUIDv7(), at: Date.now(), category: 'access', event: 'call.denied', node, space: 'default', exchange: `${node}-${exchange}`,
    principal: 'load', server: 'remote', tool: 'charge',
  };
}
