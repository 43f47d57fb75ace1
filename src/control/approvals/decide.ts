import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { needStored, putStored } from '../stored.ts';
import { readApprovers, ROOT, type Approvers } from './approvers.ts';
import { watchFatigue } from './fatigue.ts';
import type { Presence, Word } from './schema.ts';
import { readApprovals } from './settings.ts';
import { lookedMs } from './shown.ts';
import { end, factsOf, haveRisen, isOpen, stateOf, type Approval } from './words.ts';

/** Somebody who answers: who they are, and how it is known that they are there. */
export interface Answering {
  readonly id: string;
  readonly via: Word['via'];
  readonly presence?: Presence;
}

export interface Named {
  readonly id: string;
  readonly digest: string;
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * A person's word for calls, each for exactly what they were shown. Several at once only where they are alike but for their
 * values, and all or none. Throws `ERR_APPROVER` (not theirs to say), `ERR_PRESENCE`, `ERR_NOT_SHOWN`, `ERR_CONFLICT` (no longer
 * open, or not what was shown), `ERR_RATE_LIMITED`.
 */
export async function grantApprovals(control: Control, space: string, named: readonly Named[], by: Answering): Promise<readonly Approval[]> {
  const looked = new Map<string, number>();
  for (const { id } of named) looked.set(id, await lookedMs(control, id, by.id));
  await spendBudget(control, by, named.length);
  const granted = await control.store.transaction(async (rows) => {
    const approvers = await readApprovers(rows, space);
    const done: Approval[] = [];
    for (const one of named) {
      const approval = await needStored(rows, 'approval', space, one.id);
      done.push(await grantOne(control, rows, approvers, approval, one, { by, lookedMs: looked.get(one.id) ?? 0 }));
    }
    if (new Set(done.map(({ body }) => body.shape)).size <= 1) return done;
    throw new SallyportError('ERR_CONFLICT', 'these calls are not alike', { remedy: 'Approve them one by one.' });
  });
  for (const approval of granted) control.approvals.answered(approval);
  await watchFatigue(control, space, by.id, 'granted', [...looked.values()]);
  return granted;
}

interface Giving {
  readonly by: Answering;
  readonly lookedMs: number;
}

async function grantOne(
  control: Control, rows: Rows, approvers: Approvers, approval: Approval, { digest }: Named, { by, lookedMs: looked }: Giving,
): Promise<Approval> {
  const now = control.now();
  checkOpen(approval, now);
  if (approval.body.digest !== digest) throw changed();
  checkMay(approvers, approval, by);
  if (approval.body.words.some((word) => approvers.whoIs(word.by) === approvers.whoIs(by.id))) {
    throw new SallyportError('ERR_CONFLICT', 'you have approved this call already', { remedy: 'Somebody else must approve it, too.' });
  }
  if (await haveRisen(rows, approval)) throw changed();
  const word: Word = { by: by.id, via: by.via, at: now, lookedMs: looked, ...(by.presence === undefined ? {} : { presence: by.presence }) };
  const next: Approval = { ...approval, body: { ...approval.body, words: [...approval.body.words, word] } };
  const lacking = approvers.lacking(next);
  const isWhole = lacking.length === 0;
  const solo = approvers.isRequester(approval, by.id) || by.id === ROOT;
  await control.record({
    ...factsOf(approval), event: 'approval.granted', principal: by.id, principalKind: 'person',
    detail: {
      id: approval.id, resource: 'approval', of: approval.body.principal.id, complete: isWhole, via: by.via, lookedMs: looked,
      answeredMs: now - approval.body.askedAt, solo, ...(by.presence === undefined ? {} : { presence: by.presence }),
    },
  });
  if (solo) control.report(`an agent's call was approved by the person whose agent it is: approval ${approval.id}, ${approval.body.server}`);
  const body = { ...next.body, ...(isWhole ? { state: 'granted' as const, grantedAt: now } : {}) };
  await putStored(rows, 'approval', approval.space, approval.id, body, by.id);
  return { ...approval, body };
}

/** Whoever may approve a call may refuse it, and one refusal is enough. Throws as granting does. */
export async function denyApproval(control: Control, space: string, id: string, by: Answering, reason: string): Promise<Approval> {
  const denied = await control.store.transaction(async (rows) => {
    const approval = await needStored(rows, 'approval', space, id);
    checkOpen(approval, control.now());
    checkNamed(await readApprovers(rows, space), approval, by);
    return end(control, rows, approval, 'approval.denied', { by: by.id, at: control.now(), reason });
  });
  control.approvals.answered(denied);
  await watchFatigue(control, space, by.id, 'denied', []);
  return denied;
}

/** Takes back what was asked, or what was approved and not used yet: by whoever may approve it, or whose call it is. */
export async function withdrawApproval(control: Control, space: string, id: string, by: Answering, reason: string): Promise<Approval> {
  const withdrawn = await control.store.transaction(async (rows) => {
    const approval = await needStored(rows, 'approval', space, id);
    checkOpen(approval, control.now(), 'granted');
    const approvers = await readApprovers(rows, space);
    if (!approvers.isRequester(approval, by.id)) checkNamed(approvers, approval, by);
    return end(control, rows, approval, 'approval.withdrawn', { by: by.id, at: control.now(), reason });
  });
  control.approvals.answered(withdrawn);
  return withdrawn;
}

function checkOpen(approval: Approval, now: number, also?: 'granted'): void {
  const state = stateOf(approval, now);
  if (isOpen(approval, now) && (state === 'pending' || state === also)) return;
  throw new SallyportError('ERR_CONFLICT', `this approval is ${state}`, { remedy: 'See `sallyport approve list`.' });
}

function checkNamed(approvers: Approvers, approval: Approval, { id }: Answering): void {
  if (approval.body.gates.some(({ value }) => approvers.isNamed(approval, id, value))) return;
  throw new SallyportError('ERR_APPROVER', 'this call is not yours to answer',
    { remedy: `It waits for ${approval.body.gates.map(({ value }) => value).join(', ')}.` });
}

/** Nobody approves their own call, under whichever name; alone only whoever is there. */
function checkMay(approvers: Approvers, approval: Approval, by: Answering): void {
  if (by.id !== ROOT && approvers.isRequester(approval, by.id)) {
    if (!approvers.solo) throw new SallyportError('ERR_APPROVER', 'nobody approves the calls of their own agents', { remedy: 'Ask somebody else who may.' });
    checkPresence(by);
  }
  if (by.id === ROOT && !approvers.isNamed(approval, ROOT, approval.body.gates[0]?.value ?? '')) {
    throw new SallyportError('ERR_APPROVER', 'this machine\'s token says nothing about who holds it',
      { remedy: 'Sign in as yourself, and approve it on its page.' });
  }
  checkNamed(approvers, approval, by);
  if (by.id === ROOT) checkPresence(by);
}

function checkPresence({ presence }: Answering): void {
  if (presence !== undefined) return;
  throw new SallyportError('ERR_PRESENCE', 'whoever approves the calls of their own agents must show that they are there', {
    remedy: 'Use your passkey on the page of the approval, or type the passphrase.',
  });
}

function changed(): SallyportError {
  return new SallyportError('ERR_CONFLICT', 'what was shown is not what waits',
    { remedy: 'Look at it again: its caller has read more, or it is another call.' });
}

/** So many in a day, and no more: who approves without end looks at nothing any more. */
async function spendBudget({ state, store, now }: Control, { id }: Answering, count: number): Promise<void> {
  const perDay = (await readApprovals(store)).perDay ?? LIMITS.approvalsPerDayMax;
  const who = (await readApprovers(store, 'default')).whoIs(id);
  const spent = await state.increment(`approved/${Math.floor(now() / DAY_MS)}/${who}`, count, DAY_MS);
  if (spent <= perDay) return;
  throw new SallyportError('ERR_RATE_LIMITED', `you have approved ${perDay} calls today`, {
    remedy: 'Somebody else must approve this; if it is always the same, propose a policy for it.',
  });
}
