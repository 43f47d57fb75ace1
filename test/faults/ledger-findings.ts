import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readLine } from '../independent/line.mjs';
import { checkTree, leafHash, openCheckpoint, treeRoot } from '../independent/tlog.mjs';
import type { LedgerLoad } from './ledger-load.ts';

/**
 * What of the ledger's promises was broken, in words, as somebody finds out who has its files and its public key and uses
 * nothing of ours: the whole log is checked, every line against its entry, what writers were told, every checkpoint ever seen.
 */
export function ledgerFindings(home: string, vkey: string, load: Pick<LedgerLoad, 'acknowledged' | 'unsure' | 'checkpoints'>): readonly string[] {
  const { entries } = checkTree(join(home, 'ledger', 'log'), vkey);
  const lines = segmentLines(join(home, 'ledger', 'segments'));
  const positions = new Map<string, number>();
  const found: string[] = [];
  for (const [position, line] of lines.entries()) {
    const read = readLine(line);
    const { record }: { readonly record: { readonly id: string } } = JSON.parse(line);
    if (read.position !== position) found.push(`line ${position} says that it is ${read.position}`);
    if (position < entries.length && !read.entry.equals(entries[position] ?? Buffer.alloc(0))) found.push(`line ${position} is not of its entry`);
    if (positions.has(record.id)) found.push(`${record.id} is there twice`);
    positions.set(record.id, position);
  }
  if (entries.length !== lines.length) found.push(`the log has ${entries.length} entries, the segments ${lines.length} lines`);
  for (const [id, position] of load.acknowledged) {
    if (positions.get(id) !== position) found.push(`${id} was acknowledged at ${position} and is ${positions.get(id) ?? 'not there'}`);
  }
  const leaves = entries.map(leafHash);
  for (const note of load.checkpoints) {
    const { size, root } = openCheckpoint(note, vkey);
    if (!treeRoot(leaves.slice(0, size)).equals(root)) found.push(`the checkpoint of ${size} that was seen is of another log`);
  }
  return found;
}

/** Every record's line, in order; the head lines of segments are no records. */
function segmentLines(folder: string): readonly string[] {
  const text = readdirSync(folder).toSorted().map((name) => readFileSync(join(folder, name), 'utf8')).join('');
  return text.split('\n').filter((line) => line.startsWith('{"leaf"'));
}
