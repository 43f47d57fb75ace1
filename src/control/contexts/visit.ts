import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { UNLABELLED, type Labels } from '../../domain/server.ts';
import type { Carried } from '../../flow/keeper.ts';
import { covers, join, LOST } from '../../flow/labels.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { readStandingLimits } from '../manifest/limits.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import { appendEntries, readEntries } from './entries.ts';
import type { ContextVisit, StoredContext } from './schema.ts';

/** Where contexts are kept. */
type Contexts = Pick<Control, 'store' | 'record' | 'now'>;

/** Why a context begins anew. */
type End = 'idle' | 'sign-in' | 'lost';

const BY = 'gateway';
/** That it is in use is written down this often within the time after which it would have ended. */
const TOUCHES = 16;

/**
 * One look of a gateway at a context: it begins, ends (idle, a new sign-in, lost) and takes on labels and fingerprints here, each
 * in one transaction, so that all replicas see the same and none loses what another added. What did not change is not written.
 */
export async function visitContext(control: Contexts, visit: ContextVisit): Promise<Carried> {
  const idleMs = (await readStandingLimits(control.store)).contextIdleMs;
  const now = control.now();
  const before = (await findStored(control.store, 'context', visit.space, visit.key))?.body;
  const seen = next(before, visit, now, idleMs);
  const adds = (visit.recall?.entries.length ?? 0) > 0;
  const { body, own } = seen.isChanged || adds ? await write(control, visit, now, idleMs) : { body: seen.body, own: [] };
  const { generation, labels } = body;
  if (visit.recall === undefined) return { generation, labels };
  return { generation, labels, recall: await readEntries(control.store, visit, body, own, now) };
}

async function write(
  control: Contexts, visit: ContextVisit, now: number, idleMs: number,
): Promise<{ readonly body: StoredContext; readonly own: readonly number[] }> {
  const { space, key } = visit;
  return control.store.transaction(async (rows) => {
    const before = (await findStored(rows, 'context', space, key))?.body;
    const { body, end, isChanged, earlier } = next(before, visit, now, idleMs);
    if (before === undefined) await makeRoom(control, rows, visit, now - idleMs);
    // On record before it is so (invariant 5).
    if (end !== undefined) await recordEnd(control, space, key, body, end);
    if (end !== undefined || before === undefined) await rows.flow.clear(space, key);
    const { positions, isFull } = await appendEntries(rows, visit, body, earlier);
    const whole = isFull && body.gaps === undefined ? { ...body, gaps: true as const } : body;
    if (isChanged || whole !== body) await putStored(rows, 'context', space, key, whole, BY);
    return { body: whole, own: positions };
  });
}

/** A person's reset: what it carried is forgotten, and somebody answers for that. */
export function afterReset(before: StoredContext, now: number): StoredContext {
  return { ...begun(before, before.generation + 1, now), seenAt: before.seenAt };
}

async function recordEnd(control: Contexts, space: string, key: string, { principal, agent, generation }: StoredContext, end: End): Promise<void> {
  const detail = { context: key, why: end, generation, of: principal };
  await control.record({ event: 'context.ended', space, principal: 'sallyport|control', agent, detail });
}

/** What ended by idling makes room. Throws `ERR_LIMIT_CONTEXTS`: an agent that may split its context can't do so without end. */
async function makeRoom(control: Contexts, rows: Rows, { space, principal, agent }: ContextVisit, idleSince: number): Promise<void> {
  const all = await listStored(rows, 'context', space);
  for (const { id, body } of all.filter((one) => one.body.seenAt < idleSince).slice(0, LIMITS.contextsPerCallerMax)) {
    await recordEnd(control, space, id, body, 'idle');
    await rows.delete('context', space, id, { by: BY });
    await rows.flow.clear(space, id);
  }
  const mine = all.filter(({ body }) => body.seenAt >= idleSince && body.principal === principal && body.agent === agent);
  if (mine.length < LIMITS.contextsPerCallerMax) return;
  throw new SallyportError('ERR_LIMIT_CONTEXTS', 'This agent has too many conversations.', { remedy: 'Go on in one of them.' });
}

interface Next {
  readonly body: StoredContext;
  readonly end?: End;
  readonly isChanged: boolean;
  /** What it carried before this visit added anything. */
  readonly earlier: Labels;
}

/** The context as this visit finds and leaves it. Pure. */
function next(before: StoredContext | undefined, visit: ContextVisit, now: number, idleMs: number): Next {
  const grants = visit.grant === undefined ? [] : [digestOf(visit.grant)];
  if (before === undefined) {
    const { principal, agent, actors, add, knew } = visit;
    const fresh = begun({ principal, agent, actors, grants }, (knew ?? 0) + 1, now);
    if (knew === undefined) return { body: withGaps({ ...fresh, labels: join(fresh.labels, add) }, visit), isChanged: true, earlier: UNLABELLED };
    // Somebody has seen it, so it is lost, and nobody can say any more what it carried.
    return { body: { ...fresh, labels: LOST, gaps: true }, end: 'lost', isChanged: true, earlier: LOST };
  }
  const isNew = (grant: string): boolean => !before.grants.includes(grant);
  const signIns = before.grants.length >= LIMITS.contextGrantsMax ? [] : grants.filter(isNew);
  const end = now - before.seenAt > idleMs ? 'idle' : signIns.length > 0 ? 'sign-in' : undefined;
  const current = end === undefined ? before : begun({ ...before, grants: [...before.grants, ...signIns] }, before.generation + 1, now);
  const earlier = current.labels;
  const body = withGaps({ ...current, seenAt: now, labels: join(earlier, visit.add) }, visit);
  const isAdded = !covers(earlier, visit.add) || body.gaps !== current.gaps;
  const isStale = now - before.seenAt > idleMs / TOUCHES;
  if (end === undefined && !isAdded && !isStale) return { body: before, isChanged: false, earlier };
  return end === undefined ? { body, isChanged: true, earlier } : { body, end, isChanged: true, earlier };
}

/** What came in without being remembered is missed for good: the context counts as derived from everything until it ends. */
function withGaps(body: StoredContext, { add, recall }: ContextVisit): StoredContext {
  return recall !== undefined || covers(UNLABELLED, add) || body.gaps !== undefined ? body : { ...body, gaps: true };
}

function begun(
  { principal, agent, actors, grants }: Pick<StoredContext, 'principal' | 'agent' | 'actors' | 'grants'>, generation: number, now: number,
): StoredContext {
  return { principal, agent, actors, generation, since: now, seenAt: now, labels: UNLABELLED, grants };
}

function digestOf(grant: string): string {
  return createHash('sha256').update(grant).digest('base64url').slice(0, 16);
}
