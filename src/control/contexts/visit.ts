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
type Contexts = Pick<Control, 'store' | 'record' | 'now' | 'presence'>;

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
  // Also where the context has it already: it may have said goodbye since, and come back.
  await control.presence.register(control.store, visit.gateway);
  // Before it is read what it carries: whoever is here by then has added all that it gave out.
  const others = await othersOf(control, visit);
  if (others.away && visit.asks) {
    throw new SallyportError('ERR_FLOW_UNKNOWN', 'Whether this may go there depends on what was read at a gateway that can\'t be asked now.', {
      remedy: 'Try again in a moment. Reading goes on meanwhile.',
    });
  }
  const before = (await findStored(control.store, 'context', visit.space, visit.key))?.body;
  const seen = next(before, visit, now, idleMs, others);
  const adds = (visit.recall?.entries.length ?? 0) > 0;
  const { body, own } = seen.isChanged || adds ? await write(control, visit, now, idleMs, others) : { body: seen.body, own: [] };
  const { generation, labels } = body;
  if (visit.recall === undefined) return { generation, labels };
  return { generation, labels, recall: await readEntries(control.store, visit, body, own, now) };
}

/** What is known of the other gateways that have seen a context. */
interface Others {
  readonly away: boolean;
  readonly gone: readonly string[];
}

async function othersOf({ store, presence }: Contexts, { space, key, gateway }: ContextVisit): Promise<Others> {
  const body = (await findStored(store, 'context', space, key))?.body;
  const standings = await Promise.all((body?.gateways ?? []).filter((one) => one !== gateway)
    .map(async (one) => [one, await presence.standing(store, one)] as const));
  const gone = standings.filter(([, standing]) => standing === 'gone').map(([one]) => one);
  return { away: standings.some(([, standing]) => standing === 'away'), gone };
}

async function write(
  control: Contexts, visit: ContextVisit, now: number, idleMs: number, others: Others,
): Promise<{ readonly body: StoredContext; readonly own: readonly number[] }> {
  const { space, key } = visit;
  return control.store.transaction(async (rows) => {
    const before = (await findStored(rows, 'context', space, key))?.body;
    const { body, end, isChanged, earlier } = next(before, visit, now, idleMs, others);
    if (before === undefined) await makeRoom(control, rows, visit, now - idleMs);
    // On record before it is so (invariant 5).
    if (end !== undefined) await recordEnd(control, space, key, body, end);
    if (end !== undefined || before === undefined) await rows.flow.clear(space, key);
    const { positions, isFull } = await appendEntries(rows, visit, body, others.away || visit.late === true ? LOST : earlier);
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
  const idle = all.filter((one) => one.body.seenAt < idleSince);
  const isHeardOf = new Map<string, boolean>();
  for (const gateway of new Set(idle.flatMap(({ body }) => body.gateways ?? []))) {
    isHeardOf.set(gateway, await control.presence.standing(rows, gateway) !== 'away');
  }
  // Who may still have something of it to tell must find it.
  for (const { id, body } of idle.filter((one) => (one.body.gateways ?? []).every((gateway) => isHeardOf.get(gateway))).slice(0, LIMITS.contextsPerCallerMax)) {
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
function next(before: StoredContext | undefined, visit: ContextVisit, now: number, idleMs: number, others: Others): Next {
  const grants = visit.grant === undefined ? [] : [digestOf(visit.grant)];
  if (before === undefined) {
    const { principal, agent, actors, add, knew, gateway } = visit;
    const fresh = begun({ principal, agent, actors, grants, gateways: [gateway] }, (knew ?? 0) + 1, now);
    if (knew === undefined) return { body: withGaps({ ...fresh, labels: join(fresh.labels, add) }, visit), isChanged: true, earlier: UNLABELLED };
    // Somebody has seen it, so it is lost, and nobody can say any more what it carried.
    return { body: { ...fresh, labels: LOST, gaps: true }, end: 'lost', isChanged: true, earlier: LOST };
  }
  const { gateways = [], writtenOff = [] } = before;
  if (others.gone.some((one) => !writtenOff.includes(one))) {
    const lost = begun({ ...before, gateways: [...new Set([...gateways, visit.gateway])], writtenOff: others.gone }, before.generation + 1, now);
    return { body: { ...lost, labels: LOST, gaps: true }, end: 'lost', isChanged: true, earlier: LOST };
  }
  const isNew = (grant: string): boolean => !before.grants.includes(grant);
  const signIns = before.grants.length >= LIMITS.contextGrantsMax ? [] : grants.filter(isNew);
  const end = now - before.seenAt > idleMs ? 'idle' : signIns.length > 0 ? 'sign-in' : undefined;
  const current = end === undefined ? before : begun({ ...before, grants: [...before.grants, ...signIns] }, before.generation + 1, now);
  const earlier = current.labels;
  const isKnown = gateways.includes(visit.gateway) && writtenOff.every((one) => others.gone.includes(one));
  const named = isKnown ? current : { ...current, gateways: [...new Set([...gateways, visit.gateway])], writtenOff: others.gone };
  const body = withGaps({ ...named, seenAt: now, labels: join(earlier, visit.add) }, visit);
  const isAdded = !covers(earlier, visit.add) || body.gaps !== current.gaps || !isKnown;
  const isStale = now - before.seenAt > idleMs / TOUCHES;
  if (end === undefined && !isAdded && !isStale) return { body: before, isChanged: false, earlier };
  return end === undefined ? { body, isChanged: true, earlier } : { body, end, isChanged: true, earlier };
}

/** What came in without being remembered is missed for good: the context counts as derived from everything until it ends. */
function withGaps(body: StoredContext, { add, recall, late }: ContextVisit): StoredContext {
  const isMissed = recall === undefined ? !covers(UNLABELLED, add) : late === true && recall.generation !== body.generation;
  return isMissed && body.gaps === undefined ? { ...body, gaps: true } : body;
}

type Whose = Pick<StoredContext, 'principal' | 'agent' | 'actors' | 'grants' | 'gateways' | 'writtenOff'>;

function begun({ principal, agent, actors, grants, gateways, writtenOff }: Whose, generation: number, now: number): StoredContext {
  const seenBy = { ...(gateways === undefined ? {} : { gateways }), ...(writtenOff === undefined ? {} : { writtenOff }) };
  return { principal, agent, actors, generation, since: now, seenAt: now, labels: UNLABELLED, grants, ...seenBy };
}

function digestOf(grant: string): string {
  return createHash('sha256').update(grant).digest('base64url').slice(0, 16);
}
