import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { redact } from '../../domain/redacted.ts';
import { withoutSecrets } from '../../discover/keys.ts';
import type { Row, Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { findStored, putStored } from '../stored.ts';
import { EVIDENCE } from './schema.ts';
import type { Report, Reported, StoredEvidence } from './schema.ts';

/** What one report changed. */
export interface Kept {
  readonly added: number;
  readonly seenAgain: number;
  readonly gone: number;
}

/**
 * Keeps what somebody says they saw. What is the same thing at the same place, said by the same reporter, is one piece of
 * evidence, whose times move; nobody can move, or end, what another one said. Throws `ERR_BUSY` where there is no room.
 */
export async function keepReport(control: Pick<Control, 'store' | 'now'>, space: string, by: string, report: Report): Promise<Kept> {
  for (const observation of report.observations) checkKeys(observation);
  const now = control.now();
  return control.store.transaction(async (rows) => {
    const wanted = new Map(report.observations.map((one) => [evidenceIdOf(one, by), one]));
    const fresh: string[] = [];
    for (const [id, observation] of wanted) {
      const before = (await findStored(rows, 'evidence', space, id))?.body;
      if (before === undefined) fresh.push(id);
      await putStored(rows, 'evidence', space, id, toEvidence(observation, by, before, now), by);
    }
    const gone = await endUnseen(rows, space, by, report, now);
    if (fresh.length > 0) await makeRoom(rows, space, by, now);
    return { added: fresh.length, seenAgain: wanted.size - fresh.length, gone };
  });
}

/** Every text of a stranger's without what looks like a secret: a sensor should have seen to that, and is not believed. */
function toEvidence(said: Reported, by: string, before: StoredEvidence | undefined, now: number): StoredEvidence {
  const { place, name, runs, facts, ...rest } = said;
  const seenAt = Math.min(said.seenAt, now);
  const plainFacts = Object.entries(facts).map(([fact, value]) => [fact, typeof value === 'string' ? redact(value) : value] as const);
  return {
    ...rest, place: redact(place), facts: Object.fromEntries(plainFacts), seenAt: Math.max(seenAt, before?.seenAt ?? 0), by,
    firstSeenAt: Math.min(seenAt, before?.firstSeenAt ?? seenAt),
    ...(name === undefined ? {} : { name: redact(name) }), ...(runs === undefined ? {} : { runs: plainRuns(runs) }),
  };
}

function plainRuns(runs: NonNullable<Reported['runs']>): NonNullable<Reported['runs']> {
  if (runs.kind === 'shell') return { ...runs, line: redact(runs.line) };
  if (runs.kind !== 'remote' || !URL.canParse(runs.url)) return runs.kind === 'remote' ? { ...runs, url: redact(runs.url) } : runs;
  const url = new URL(runs.url);
  return { ...runs, url: `${url.protocol}//${url.host}${withoutSecrets(url.pathname)}` };
}

/**
 * A key by which a thing is said to be a server of the gate stands beside none that says what it is elsewhere: with both,
 * anything would be said to be sanctioned. One thing is one package. Throws `ERR_REQUEST_INVALID`.
 */
function checkKeys({ keys }: Reported): void {
  const of = (...prefixes: readonly string[]): number => keys.filter((key) => prefixes.some((prefix) => key.startsWith(prefix))).length;
  if ((of('gate:') > 0 && of('url:', 'package:', 'host:', 'program:', 'container:') > 0) || of('gate:') > 1 || of('package:') > 1) {
    throw new SallyportError('ERR_REQUEST_INVALID', 'body.observations: one thing cannot have these keys together', {
      remedy: 'Report a server of the gate by its gate key alone, and of one package one observation.',
    });
  }
}

/** The number of a process, and of a line, is another every time; what is there is the same. */
function evidenceIdOf({ sensor, kind, host, keys, client, person, place }: Reported, by: string): string {
  const lasting = keys.filter((key) => !key.startsWith('process:'));
  const known = (lasting.length > 0 ? lasting : keys).toSorted();
  const at = sensor === 'client-file' || sensor === 'code' || sensor === 'manifest' ? place.replace(/:\d+$/, '') : '';
  return createHash('sha256').update(JSON.stringify([by, sensor, kind, host ?? '', known, client ?? '', person ?? '', at])).digest('base64url');
}

/** What a whole look did not see again is gone; how much. Only what the same reporter had said. */
async function endUnseen(rows: Rows, space: string, by: string, { whole }: Report, now: number): Promise<number> {
  if (whole.length === 0) return 0;
  let gone = 0;
  for (const row of await rows.list('evidence', space)) {
    const one = read(row);
    if (one === undefined || one.by !== by || one.goneAt !== undefined) continue;
    const isOver = whole.some(({ sensors, host, since, except }) =>
      sensors.includes(one.sensor) && host === one.host && one.seenAt < since && !except.some((place) => one.place.startsWith(redact(place))));
    if (!isOver) continue;
    gone += 1;
    await putStored(rows, 'evidence', space, row.id, { ...one, goneAt: now }, by);
  }
  return gone;
}

/** What has been gone for long leaves; then what has been gone at all. Throws `ERR_BUSY` when that is not enough. */
async function makeRoom(rows: Rows, space: string, by: string, now: number): Promise<void> {
  const all = await rows.list('evidence', space);
  const overdue = all.filter((row) => now - (read(row)?.goneAt ?? now) > LIMITS.evidenceGoneMs);
  const gone = all.length > LIMITS.evidenceMax ? all.filter((row) => read(row)?.goneAt !== undefined) : [];
  const leaving = new Set([...overdue, ...gone].map(({ id }) => id));
  for (const id of leaving) await rows.delete('evidence', space, id, { by });
  const own = all.filter((row) => !leaving.has(row.id) && row.updatedBy === by).length;
  if (all.length - leaving.size <= LIMITS.evidenceMax && own <= LIMITS.evidenceByReporterMax) return;
  throw new SallyportError('ERR_BUSY', 'the inventory has no room for more evidence', {
    remedy: 'Report what is looked at less widely, or remove what is stale.',
  });
}

function read(row: Row): StoredEvidence | undefined {
  return EVIDENCE.safeParse(row.body, { reportInput: false }).data;
}
