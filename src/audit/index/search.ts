import type { Database } from 'bun:sqlite';
import { LIMITS } from '../../domain/limits.ts';
import type { Entry } from '../entry.ts';
import { matches } from '../query/matches.ts';
import { parseQuestion } from '../query/parse.ts';
import type { Question } from '../query/filter.ts';
import { rowOf } from '../query/row.ts';
import type { DurableEnd } from '../query.ts';
import { scanSegment } from '../scan.ts';
import { listSegments } from '../segments.ts';
import type { Segment } from '../segments.ts';
import type { Answer, Ask } from './ask.ts';
import { Counts } from './counts.ts';
import type { Reached } from './database.ts';
import { planSearch } from './plan.ts';
import type { Plan } from './plan.ts';
import type { LineReader } from './reader.ts';
import { slicesOf } from './slices.ts';

export interface SearchParts {
  readonly dir: string;
  readonly sqlite: Database;
  readonly lines: LineReader;
  readonly reached: Reached;
  readonly end: DurableEnd;
  /** Position after the last durable record. */
  readonly endPosition: number;
  /** Told of a position whose line has been erased, or is not the one that was indexed. */
  readonly onGone: (position: number, erased: boolean) => void;
}

/**
 * Finds records: in the index as far as it reaches, beyond that line by line. Every record that is handed out has been read
 * from its segment, proves itself, and is looked at again. Stops after `LIMITS.searchMs`, saying where. Throws `ERR_QUERY_INVALID`.
 */
export async function search(parts: SearchParts, ask: Ask): Promise<Answer> {
  const { reached, endPosition } = parts;
  const question = parseQuestion(ask.question, ask.now);
  const newest = ask.order === 'newest';
  const range = newest ? { low: 0, high: Math.min(ask.after ?? endPosition, endPosition) } : { low: (ask.after ?? -1) + 1, high: endPosition };
  const task: Task = {
    ...parts, ask, question, newest, range, counts: question.countBy.length === 0 ? undefined : new Counts(question.countBy),
    entries: [], bytes: 0, until: performance.now() + LIMITS.searchMs, next: undefined, spots: 0,
  };
  const steps = newest ? [searchRest, searchIndex] : [searchIndex, searchRest];
  for (const step of steps) if (task.next === undefined) await step(task);
  return {
    entries: task.entries, known: Math.min(reached.next, endPosition), end: endPosition, damaged: task.spots + spotsIn(task),
    ...(task.next === undefined ? {} : { next: task.next }), ...task.counts?.toAnswer(),
  };
}

interface Task extends SearchParts {
  readonly ask: Ask;
  readonly question: Question;
  readonly newest: boolean;
  readonly range: { readonly low: number; readonly high: number };
  readonly counts: Counts | undefined;
  readonly entries: Entry[];
  bytes: number;
  readonly until: number;
  /** Set when the search ends before everything was looked at. */
  next: number | undefined;
  spots: number;
}

async function searchIndex(task: Task): Promise<void> {
  const { sqlite, ask, question, newest, reached } = task;
  const range = { low: task.range.low, high: Math.min(task.range.high, reached.next) };
  const plan = planSearch(sqlite, ask.space, question.filter, question.countBy);
  if (range.low >= range.high || plan.isEmpty) return;
  for (const slice of slicesOf(sqlite, range, plan, newest)) {
    if (task.counts !== undefined) task.counts.addSlice(sqlite, plan, slice);
    else if (!takeSlice(task, plan, slice)) return;
    if (performance.now() > task.until) {
      task.next = newest ? slice.low : slice.high - 1;
      return;
    }
    await Bun.sleep(0);
  }
}

/** False when there is enough. */
function takeSlice(task: Task, { from, where }: Plan, slice: { low: number; high: number }): boolean {
  const { ask, sqlite, newest } = task;
  let { low, high } = slice;
  for (;;) {
    const wanted = ask.limit - task.entries.length;
    const text = `SELECT record.position AS position, record."offset" AS "offset" FROM ${from}
      WHERE ${where.text} record.position >= ? AND record.position < ? ORDER BY record.position ${newest ? 'DESC' : 'ASC'} LIMIT ?`;
    const rows = sqlite.query<{ position: number; offset: number }, (string | number)[]>(text).all(...where.values, low, high, wanted);
    for (const { position, offset } of rows) if (!takeLine(task, position, offset)) return false;
    if (rows.length < wanted) return true;
    // Some were not what the index says: there is room for more of this slice.
    const last = rows.at(-1)?.position ?? low;
    if (newest) high = last;
    else low = last + 1;
  }
}

function takeLine(task: Task, position: number, offset: number): boolean {
  const found = task.lines.read(position, offset);
  if (found.kind !== 'entry') {
    task.onGone(position, found.kind === 'erased');
    return true;
  }
  return !isWanted(task, found.entry) || takeEntry(task, found.entry, found.bytes);
}

function isWanted({ ask, question }: Task, entry: Entry): boolean {
  return entry.record.space === ask.space && matches(question.filter, rowOf(entry));
}

/** False when there is enough. */
function takeEntry(task: Task, entry: Entry, bytes: number): boolean {
  task.entries.push(entry);
  task.bytes += bytes;
  if (task.entries.length < task.ask.limit && task.bytes < LIMITS.searchBytesMax) return true;
  task.next = entry.position;
  return false;
}

/** Segments beyond the index, line by line. */
async function searchRest(task: Task): Promise<void> {
  const { dir, end, reached, newest, range } = task;
  if (range.high <= reached.next) return;
  const segments = listSegments(dir).filter(({ first }) => first >= reached.segment && first <= end.first && first < range.high);
  for (const segment of newest ? segments.toReversed() : segments) {
    const found = await matchesIn(task, segment);
    for (const { entry, bytes } of newest ? found.toReversed() : found) if (!takeEntry(task, entry, bytes)) return;
    if (performance.now() > task.until) {
      const following = segments.find(({ first }) => first > segment.first)?.first ?? range.high;
      task.next = newest ? Math.max(segment.first, reached.next) : following - 1;
      return;
    }
  }
}

async function matchesIn(task: Task, segment: Segment): Promise<readonly { readonly entry: Entry; readonly bytes: number }[]> {
  const { reached, end, range, newest, ask } = task;
  const start = segment.first === reached.segment && reached.offset > 0 ? { start: { offset: reached.offset, position: reached.next } } : {};
  const found: { entry: Entry; bytes: number }[] = [];
  for await (const items of scanSegment(segment, { end: segment.first === end.first ? end.bytes : undefined, ...start })) {
    for (const item of items) {
      if (item.kind === 'damage') task.spots += 1;
      if (item.kind !== 'entry' || item.entry.position < range.low || item.entry.position >= range.high || !isWanted(task, item.entry)) continue;
      if (task.counts === undefined) found.push({ entry: item.entry, bytes: item.end - item.offset });
      else task.counts.add(rowOf(item.entry));
    }
    // Oldest first has enough with the first ones; newest first needs only the last ones.
    if (!newest && found.length >= ask.limit) break;
    if (newest && found.length > ask.limit) found.splice(0, found.length - ask.limit);
  }
  return found;
}

function spotsIn({ sqlite, range }: Task): number {
  const spots = sqlite.query<{ count: number }, [number, number]>('SELECT count(*) AS count FROM damage WHERE position >= ? AND position <= ?');
  const row = spots.get(range.low, range.high);
  return row?.count ?? 0;
}
