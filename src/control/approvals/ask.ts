import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { canonicalText, digestOf } from '../../registry/canonical.ts';
import { msOfSpan } from '../../registry/approval-shape.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { listStored, putStored } from '../stored.ts';
import type { Ask, StoredApproval, Subject } from './schema.ts';
import { readApprovals } from './settings.ts';
import { end, factsOf, findOf, haveRisen, isForgotten, isOpen, labelsNow, wordOf, type Approval } from './words.ts';

const BY = 'sallyport|control';

/** The digest that people approve. A gateway says what it is of, never what it is. */
export function digestOfSubject(subject: Subject): string {
  return digestOf(JSON.parse(JSON.stringify(subject)));
}

/**
 * A gateway holds a call that people must approve. Gives the approval that was asked for exactly this, or asks for one: kept,
 * recorded, and told to whom it concerns. One that was refused stays refused until it would have expired: who asks again and
 * again gets the same answer. Throws `ERR_APPROVAL_UNSHOWABLE`, `ERR_LIMIT_APPROVALS`, `ERR_VAULT_*`.
 */
export async function askApproval(control: Control, ask: Ask): Promise<Json> {
  const { space } = ask.subject;
  const digest = digestOfSubject(ask.subject);
  const found = await findOf(control.store, space, digest);
  const word = (approval: Approval): Json => ({ ...wordOf(approval, control.now(), control.connections.parts.origin()) });
  if (found !== undefined && stands(found, control.now()) && !(await isStale(control.store, found))) return word(found);
  const content = canonicalText(JSON.parse(JSON.stringify({ params: ask.subject.params, preview: ask.subject.preview ?? null })));
  if (Buffer.byteLength(content) > LIMITS.approvalBytesMax) {
    throw new SallyportError('ERR_APPROVAL_UNSHOWABLE', 'This call is too large to be shown to somebody.', { remedy: 'Send less at a time.' });
  }
  const id = Bun.randomUUIDv7();
  const sealed = await control.vault.sealer.seal(['approval', space, id], content);
  const { expire } = await readApprovals(control.store);
  const { asked, isNew } = await control.store.transaction(async (rows) => {
    const now = control.now();
    const before = await findOf(rows, space, digest);
    if (before !== undefined && stands(before, now)) {
      if (!(await isStale(rows, before))) return { asked: before, isNew: false };
      // Whoever was asked, or has answered, knew nothing of what the caller has read since.
      await end(control, rows, before, 'approval.withdrawn', { by: BY, at: now, reason: 'the caller has read more since it was asked' });
    }
    await makeRoom(rows, ask, now);
    const expiresAt = now + (expire === undefined ? LIMITS.approvalMs : msOfSpan(expire));
    const approval: Approval = { id, space, body: { ...bodyOf(ask, digest), labels: await labelsNow(rows, space, ask.subject.flow), askedAt: now, expiresAt,
      sealed } };
    await control.record({
      ...factsOf(approval), event: 'approval.asked', principal: ask.subject.principal.id,
      detail: { id, resource: 'approval', needs: ask.subject.gates.map(({ value }) => value), expiresAt },
    });
    await putStored(rows, 'approval', space, id, approval.body, BY);
    await putStored(rows, 'approval-of', space, digest, { id }, BY);
    return { asked: approval, isNew: true };
  });
  if (isNew) control.approvals.asked(asked);
  return word(asked);
}

/** Open, or refused and not yet forgotten. */
function stands(approval: Approval, now: number): boolean {
  return isOpen(approval, now) || (approval.body.state === 'denied' && approval.body.expiresAt > now);
}

/** Whoever would be asked knows less than they must. What was refused is no more welcome from a caller that has read more since. */
async function isStale(rows: Rows, approval: Approval): Promise<boolean> {
  return approval.body.state !== 'denied' && await haveRisen(rows, approval);
}

function bodyOf({ exchange, subject, effect, findings, standing, provenance }: Ask, digest: string): Omit<StoredApproval, 'labels' | 'askedAt' | 'expiresAt'> {
  const { principal, behind, flow, server, action, resource, pin, gates } = subject;
  return {
    digest, state: 'pending', exchange, principal, behind, flow, credentials: standing.credentials, server, action,
    resource: { ...resource, name: nameOf(resource) }, pin, gates, shape: shapeOf(subject), findings, words: [],
    ...(effect === undefined ? {} : { effect }), ...(provenance === undefined ? {} : { provenance }),
  };
}

/** A resource's address may hold a secret; the whole of it is in the sealed part. */
function nameOf({ kind, name }: Subject['resource']): string {
  if (kind !== 'resource') return name;
  if (name.startsWith('data:')) return 'data:…';
  const at = name.search(/[?#]/);
  return at < 0 ? name : `${name.slice(0, at)}…`;
}

/** Everything of a call but its values. */
function shapeOf({ params, preview: _preview, ...rest }: Subject): string {
  return digestOf({ ...JSON.parse(JSON.stringify(rest)), params: typesOf(params) });
}

function typesOf(value: Json): Json {
  if (isArray(value)) return value.map(typesOf);
  if (!isObject(value)) return value === null ? 'null' : typeof value;
  const members: JsonObject = value;
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, typesOf(member)]));
}

/** What is long over goes; what is open has a limit, of each caller and of all. Throws `ERR_LIMIT_APPROVALS`. */
async function makeRoom(rows: Rows, { subject: { space, principal } }: Ask, now: number): Promise<void> {
  const all = await listStored(rows, 'approval', space);
  for (const old of all.filter((one) => isForgotten(one, now))) {
    await rows.delete('approval', space, old.id, { by: BY });
    if ((await findOf(rows, space, old.body.digest)) === undefined) await rows.delete('approval-of', space, old.body.digest, { by: BY });
  }
  const open = all.filter((one) => isOpen(one, now));
  const mine = open.filter(({ body }) => body.principal.id === principal.id && body.principal.agent === principal.agent);
  if (open.length < LIMITS.approvalsOpenMax && mine.length < LIMITS.approvalsOpenPerCallerMax) return;
  throw new SallyportError('ERR_LIMIT_APPROVALS', 'Too many calls wait for somebody to approve them.', {
    remedy: 'Wait until they are answered, or use up what was approved.',
  });
}
