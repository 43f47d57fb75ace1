import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bodiesFile } from '../bodies.ts';
import { readErased, readHead } from '../entry.ts';
import { REST_AT, isErased, leafOf, positionIn } from '../line.ts';
import { logDir } from '../log/tiles.ts';
import { listSegments, readLines, segmentsDir } from '../segments.ts';
import { checkBodies } from './fsck-bodies.ts';
import type { Claim } from './fsck-bodies.ts';
import { checkLog, readSize } from './fsck-log.ts';
import { bodyIn } from './line-fields.ts';
import type { Note, Oddity } from './oddity.ts';

export interface Structure {
  readonly files: number;
  readonly lines: number;
  /** The size that the checkpoint names, whoever signed it. */
  readonly size: number;
  readonly oddities: readonly Oddity[];
}

/** What a ledger's folder may hold; `key.pem` is the role's own. `index/` may be deleted at any time, and is not looked into. */
const PLACES: ReadonlySet<string> = new Set(['segments', 'bodies', 'log', 'log.json', 'log.key', 'index', 'sinks', 'erasing', 'reserve', 'key.pem']);
/**
 * The structure of a ledger's folder: whether each file is where and as long as it should be, and whether anything is torn,
 * missing or left over. Quick, since nothing is hashed: whether what is there is what was written is for `verifyLedger`.
 */
export async function fsckLedger(dir: string): Promise<Structure> {
  const oddities: Oddity[] = [];
  const note: Note = (kind, file, what, at = {}) => void oddities.push({ kind, file, what, ...at });
  checkPlaces(dir, note);
  const claims = new Map<string, Claim[]>();
  const lines = await checkSegments(dir, claims, note);
  const size = readSize(dir, note);
  if (size > lines) note('missing', segmentsDir(dir), `the checkpoint covers ${size} records, and there are lines for ${lines}`, { position: lines });
  checkLog(logDir(dir), size, note);
  checkBodies(dir, claims, note);
  return { files: countFiles(dir), lines, size, oddities };
}

function checkPlaces(dir: string, note: Note): void {
  for (const name of readdirSync(dir)) {
    const file = join(dir, name);
    if (name.endsWith('.draft')) note('torn', file, 'a file that is being written, or was when a crash came; the one without `.draft` counts');
    else if (!PLACES.has(name)) note('foreign', file, 'nothing of the ledger has this name');
  }
  for (const name of ['log.json', 'log.key', 'segments', 'log']) {
    if (existsSync(join(dir, name))) continue;
    note('missing', join(dir, name), name === 'log.key' ? 'without its key the log cannot go on; what is there can be verified' : 'every ledger has one');
  }
  const key = join(dir, 'log.key');
  if (existsSync(key) && (lstatSync(key).mode & 0o077) !== 0) note('exposed', key, 'others than its owner can read the key that signs checkpoints');
  const erasing = join(dir, 'erasing');
  for (const name of existsSync(erasing) ? readdirSync(erasing) : []) {
    note('unfinished', join(erasing, name), 'an erasure that was cut short; the next start completes it');
  }
}

async function checkSegments(dir: string, claims: Map<string, Claim[]>, note: Note): Promise<number> {
  const segments = listSegments(dir);
  const known = new Set(segments.map(({ file }) => file));
  for (const name of existsSync(segmentsDir(dir)) ? readdirSync(segmentsDir(dir)) : []) {
    if (!known.has(join(segmentsDir(dir), name))) note('foreign', join(segmentsDir(dir), name), 'no segment has this name');
  }
  let next = 0;
  for (const { file, first } of segments) {
    if (first > next) note('missing', file, `no segment holds positions ${next} to ${first - 1}`, { position: next });
    else if (first < next) note('broken', file, `it begins at ${first}, where ${next} belongs`, { position: next });
    next = first;
    let isHead = true;
    for await (const lines of readLines(file)) {
      for (const { bytes, offset, whole } of lines) {
        if (!whole) note('torn', file, `${bytes.length} bytes after the last whole line`, { offset, position: next });
        else if (isHead && readHead(bytes) === undefined) note('broken', file, 'the segment’s first line has not its form', { offset });
        else if (!isHead) next = checkLine(dir, file, { bytes, offset, next }, claims, note);
        isHead = false;
      }
    }
    if (isHead) note('torn', file, 'the segment is empty', { offset: 0 });
  }
  return next;
}

function checkLine(
  dir: string, file: string, { bytes, offset, next }: { readonly bytes: Buffer; readonly offset: number; readonly next: number },
  claims: Map<string, Claim[]>, note: Note,
): number {
  const named = leafOf(bytes, 0, bytes.length) === undefined ? undefined : isErased(bytes, 0, bytes.length) ? readErased(bytes) : positionOf(bytes);
  if (named === undefined) {
    note('broken', file, 'the line has not the form of a record', { offset, position: next });
    return next + 1;
  }
  if (named > next) note('missing', file, `positions ${next} to ${named - 1} have no line`, { offset, position: next });
  if (named < next) note('orphan', file, `a second line of position ${named}`, { offset, position: named });
  const place = bodyIn(bytes);
  if (place !== undefined) {
    const body = bodiesFile(dir, place);
    const claimed = claims.get(body) ?? [];
    if (claimed.length === 0) claims.set(body, claimed);
    claimed.push({ at: place.at, bytes: place.bytes, position: named });
  }
  return Math.max(next, named + 1);
}

function countFiles(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).filter((item) => !item.isDirectory()).length;
}

/** Of a line that may not be what was written. */
function positionOf(line: Buffer): number | undefined {
  return line.indexOf(',"position":', REST_AT) === REST_AT ? positionIn(line, 0) : undefined;
}
