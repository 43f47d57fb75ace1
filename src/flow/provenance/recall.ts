import { LIMITS } from '../../domain/limits.ts';
import { UNLABELLED, type Labels } from '../../domain/server.ts';
import type { Entry } from './entry.ts';
import { createMemory, type Batch, type Memory } from './memory.ts';
import { decodeMarks } from './marks.ts';
import type { Pass } from './passes.ts';

/** An entry as it is kept: what of it is vouched for was decided when it was written. */
export interface KeptEntry {
  readonly position: number;
  readonly source: string;
  readonly labels: Labels;
  readonly isEarly: boolean;
  readonly marks: string;
  readonly vouched: readonly string[];
  readonly saturates: boolean;
  /** It is the one that was just sent, by its place: its marks are not sent back. */
  readonly own?: number;
}

/** What control answered. */
export interface Read {
  readonly entries: readonly KeptEntry[];
  readonly passes: readonly Pass[];
  /** Something came in of which no fingerprints were kept. */
  readonly gaps: boolean;
  /** There are more entries than these. */
  readonly more: boolean;
}

/** What a context holds besides its labels, as far as it was read. */
export interface Recalled {
  readonly memory: Memory;
  readonly passes: readonly Pass[];
  readonly position: number;
  /** Takes in what was read, in order; `sent`: what was just added here. */
  learn(read: Read, sent: readonly Entry[]): void;
}

/** The memories of contexts at one gateway: a cache of what control keeps, bounded; what was dropped is read again. */
export interface Recall {
  of(key: string, generation: number): Recalled;
}

/** How often the whole is weighed. */
const TURNS = 64;

export function createRecall(): Recall {
  const kept = new Map<string, Recalled & { readonly generation: number }>();
  const trim = (): void => {
    let bytes = 0;
    for (const { memory } of kept.values()) bytes += memory.bytes;
    for (const [key, { memory }] of kept) {
      if (bytes <= LIMITS.flowMemoryBytesMax || kept.size === 1) return;
      kept.delete(key);
      bytes -= memory.bytes;
    }
  };
  let turns = 0;
  return {
    of(key, generation) {
      const known = kept.get(key);
      if (known !== undefined && known.generation > generation) return createRecalled();
      const now = known?.generation === generation ? known : Object.assign(createRecalled(), { generation });
      // The longest unused comes first.
      kept.delete(key);
      kept.set(key, now);
      turns += 1;
      if (turns % TURNS === 0) trim();
      return now;
    },
  };
}

function createRecalled(): Recalled {
  const memory = createMemory();
  let passes: readonly Pass[] = [];
  let position = 0;
  return {
    memory,
    get passes() {
      return passes;
    },
    get position() {
      return position;
    },
    learn(read, sent) {
      ({ passes } = read);
      if (read.gaps) memory.take(GAP);
      for (const { own, labels, source, isEarly, vouched, saturates, ...entry } of read.entries) {
        if (entry.position !== position + 1) continue;
        ({ position } = entry);
        const marks = own === undefined ? entry.marks : (sent[own]?.marks ?? '');
        memory.take({ origin: { source, labels, isEarly }, marks: decodeMarks(marks), vouched, saturates });
      }
    },
  };
}

const GAP: Batch = { origin: { source: '', labels: UNLABELLED, isEarly: false }, marks: [], vouched: [], saturates: true };
