import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { HASH_BYTES } from './log/hash.ts';
import { inconsistent } from './log/inconsistent.ts';
import { checkpointFile, readSigned } from './log/keeper.ts';
import type { Signed } from './log/keeper.ts';
import { readLogIdentity } from './log/key.ts';
import { ENTRY_BYTES, TILE_WIDTH, logDir, readTile, tilePath, widthIn } from './log/tiles.ts';
import type { Tile } from './log/tiles.ts';
import { TreeEdge } from './log/tree.ts';
import { listSegments } from './segments.ts';

/** What a backup of the ledger is made of besides plain files: at least what its checkpoint covers. */
export interface LedgerCopy {
  readonly signed: Signed;
  /** The log's entries, up to the checkpoint's size, 32 bytes each: the tiles can be made of them, and hold nothing else. */
  leaves(): AsyncGenerator<Uint8Array>;
  /** The journal's files with as many bytes as whole lines were written. */
  segments(): Promise<readonly { readonly name: string; readonly file: string; readonly bytes: number }[]>;
}

const TAIL_BYTES = 1024 * 1024;
const NEWLINE = 10;

/** Undefined where nothing was ever kept. The ledger may be running: what it adds meanwhile is left out. Throws `ERR_LOG_INCONSISTENT`. */
export function copyLedger(dir: string): LedgerCopy | undefined {
  if (!existsSync(checkpointFile(dir))) return undefined;
  const signed = readSigned(dir, readLogIdentity(dir));
  return {
    signed,
    async *leaves() {
      for (let index = 0; index * TILE_WIDTH < signed.size; index += 1) {
        const tile = readTile(logDir(dir), { level: 'entries', index, width: widthIn(signed.size, 'entries', index) });
        const leaves = Buffer.allocUnsafe((tile.length / ENTRY_BYTES) * HASH_BYTES);
        for (let at = 0; at * ENTRY_BYTES < tile.length; at += 1) leaves.set(tile.subarray(at * ENTRY_BYTES + 2, (at + 1) * ENTRY_BYTES), at * HASH_BYTES);
        yield leaves;
      }
    },
    segments: async () => {
      const found = await Promise.all(listSegments(dir).map(async ({ file }) => ({ name: basename(file), file, bytes: await wholeLines(file) })));
      return found.filter(({ bytes }) => bytes > 0);
    },
  };
}

/** Where the last whole line of a file ends. */
async function wholeLines(file: string): Promise<number> {
  await using handle = await open(file, 'r');
  const { size } = await handle.stat();
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - TAIL_BYTES);
    const chunk = Buffer.alloc(end - from);
    await handle.read(chunk, 0, chunk.length, from);
    const at = chunk.lastIndexOf(NEWLINE);
    if (at !== -1) return from + at + 1;
    end = from;
  }
  return 0;
}

/**
 * Makes the tiles anew from the log's entries and holds them to the checkpoint that lies in `dir`: its key signed exactly
 * these entries. Throws `ERR_LOG_INCONSISTENT`.
 */
export async function restoreLog(dir: string, leaves: AsyncIterable<Uint8Array>): Promise<Signed> {
  const signed = readSigned(dir, readLogIdentity(dir));
  const edge = new TreeEdge();
  const write = ({ bytes, ...address }: Tile): void => {
    const file = join(logDir(dir), tilePath(address));
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    // Not synced: tiles that a power cut damages are made anew from the journal at the next start.
    writeFileSync(file, bytes, { mode: 0o644 });
  };
  let rest = Buffer.alloc(0);
  for await (const chunk of leaves) {
    const held = Buffer.concat([rest, chunk]);
    const whole = held.length - (held.length % HASH_BYTES);
    for (let at = 0; at < whole; at += HASH_BYTES) {
      if (edge.size === signed.size) throw inconsistent(checkpointFile(dir), 'there are more entries than it covers');
      edge.append(held.subarray(at, at + HASH_BYTES));
    }
    for (const tile of edge.takeFinished()) write(tile);
    rest = held.subarray(whole);
  }
  for (const tile of edge.partials()) write(tile);
  if (rest.length > 0 || edge.size !== signed.size || Buffer.compare(edge.root(), signed.root) !== 0) {
    throw new SallyportError('ERR_LOG_INCONSISTENT', `the backup's entries do not give the root that its checkpoint of ${signed.size} records was signed for`, {
      remedy: 'The backup was made of a damaged ledger: take an older one, and see `sallyport audit verify` where it was made.',
    });
  }
  return signed;
}
