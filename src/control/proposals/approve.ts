import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { ACCESSES } from '../access.ts';
import { refuseUnless } from '../admins/administration.ts';
import type { AdminQuestion } from '../admins/administration.ts';
import { needRecentSignIn } from '../admins/standing.ts';
import type { Control } from '../control.ts';
import { findAccountView } from '../issuer/people.ts';
import { isRevoked } from '../people/revoked.ts';
import type { Admin } from '../route.ts';
import { endedBefore } from '../sign-in/session.ts';
import { needStored, putStored } from '../stored.ts';
import { keepDone, keepFailed, stateNow } from './outcome.ts';
import { digestOfRequest, whoOf } from './propose.ts';
import { approvalsNeeded } from './second-person.ts';
import type { Proposal } from './schema.ts';

export interface Approving {
  readonly admin: Admin;
  readonly space: string;
  readonly id: string;
  /** Of what the approver was shown. */
  readonly digest: string;
  readonly signal: AbortSignal;
}

/**
 * Another person's word for a proposal. The last one that it needs carries it out: exactly the stored request, in the
 * proposer's name and by the proposer's rights as they are now, and by the approver's own right to the same. Once only; what came of it is kept.
 */
export async function approveProposal(approving: Approving, control: Control): Promise<Json> {
  const { space, id, admin } = approving;
  await checkRight((await needStored(control.store, 'proposal', space, id)).body, approving, control);
  const proposal = await control.store.transaction(async (rows) => {
    const { body } = await needStored(rows, 'proposal', space, id);
    const at = control.now();
    check(body, approving, at);
    const approvals = [...body.approvals, whoOf(admin, at)];
    const isComplete = approvals.length >= approvalsNeeded(body.proposer.via);
    const next: Proposal = { ...body, approvals, state: isComplete ? 'approved' : 'open' };
    await control.record({
      event: 'proposal.approved', space, principal: admin.id, digest: body.digest,
      detail: { id, proposer: body.proposer.id, complete: isComplete, via: admin.proof?.via ?? '', roles: admin.roles ?? [] },
    });
    // Marked before it is done: whatever happens next, it happens once.
    await putStored(rows, 'proposal', space, id, next, admin.id);
    return next;
  });
  const { state, approvals, proposer } = proposal;
  if (state !== 'approved') return { id, state, approvals: approvals.length, needed: approvalsNeeded(proposer.via) };
  const which = { space, id, by: admin.id };
  const result = await carryOut(proposal, approving, control).catch(async (error: unknown) => {
    await keepFailed(control, which, proposal, error);
    throw error;
  });
  await keepDone(control, which, result);
  return { id, state: 'done', result };
}

function questionOf({ method, path }: Pick<Proposal, 'method' | 'path'>, space: string, control: Control): AdminQuestion {
  const { access, reach } = control.routeOf(method, path);
  return { access, space: reach === 'space' ? space : '*', part: path.split('/')[1] ?? '' };
}

/** The approver answers for the action as if it were theirs: whoever may not do it may not let it be done. */
async function checkRight({ method, path }: Proposal, { admin, space }: Approving, control: Control): Promise<void> {
  const question = questionOf({ method, path }, space, control);
  refuseUnless(await control.admins.decide(admin, question), admin, question);
  needRecentSignIn(admin, question.access, control.now());
}

function check(proposal: Proposal, { admin, digest }: Approving, now: number): void {
  if (stateNow(proposal, now) !== 'open') {
    throw new SallyportError('ERR_CONFLICT', 'this proposal is no longer open', { remedy: 'Propose it anew: repeat the command.' });
  }
  if (digest !== proposal.digest || digestOfRequest(proposal) !== digest) {
    throw new SallyportError('ERR_CONFLICT', 'what was shown is not what is proposed', { remedy: 'Show the proposal again, read it, then approve.' });
  }
  if (admin.proof?.kind !== 'person' || admin.proof.via === 'root') {
    throw new SallyportError('ERR_SECOND_PERSON', 'only a person who signed in can be the second one', {
      remedy: 'Sign in as yourself; this machine\'s token says nothing about who holds it.',
    });
  }
  if (admin.id === proposal.proposer.id) {
    throw new SallyportError('ERR_SECOND_PERSON', 'nobody approves what they proposed themselves', { remedy: 'Ask another administrator.' });
  }
  if (proposal.approvals.some(({ id }) => id === admin.id)) {
    throw new SallyportError('ERR_CONFLICT', 'you have approved this already', { remedy: 'Another person must approve it too.' });
  }
}

async function carryOut(proposal: Proposal, { signal }: Approving, control: Control): Promise<Json> {
  const { method, path, params, query, body, proposer, approvals } = proposal;
  for (const one of [proposer, ...approvals]) {
    if (!(await isWithdrawn(one, control))) continue;
    throw new SallyportError('ERR_SECOND_PERSON', 'one of those who wanted this was deactivated, or signed out everywhere, meanwhile', {
      remedy: 'Propose it anew.',
    });
  }
  const question = questionOf(proposal, query['space'] ?? DEFAULT_SPACE, control);
  const approvers = await Promise.all(approvals.map((one) => asNow(one, control)));
  let spaceOnly = false;
  for (const approver of approvers) {
    refuseUnless(await control.admins.decide(approver, question), approver, question);
    spaceOnly ||= (await control.admins.decide(approver, { ...question, space: '*' })).outcome !== 'allow';
  }
  const asProposer: Admin = { ...(await asNow(proposer, control)), approvals: approvers.map((one) => one.id), spaceOnly };
  const answer = await control.routeOf(method, path).run({ admin: asProposer, params, query, body: body ?? undefined, signal }, control);
  // What was done is the answer; a route that streams changes nothing.
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer ? null : JSON.parse(JSON.stringify(answer));
}

/** Whether somebody's word of that time is nobody's any more: it may have been said in their name by whom they have shut out since. */
export async function isWithdrawn({ id, via, at }: Proposal['proposer'], { store, state }: Pick<Control, 'store' | 'state'>): Promise<boolean> {
  if (via === 'root') return false;
  return await isRevoked(store, id, at) || at <= await endedBefore(state, id.slice(id.lastIndexOf('|') + 1));
}

/** Somebody with the groups of this moment: who wanted something yesterday may have lost the right to it since. */
export async function asNow({ id, via, kind, groups, at }: Proposal['proposer'], { store }: Control): Promise<Admin> {
  const known = await findAccountView(store, id.slice(id.lastIndexOf('|') + 1));
  return { id, may: ACCESSES, proof: { via, kind, groups: known?.groups ?? groups, proof: 'bearer', issuedAt: at } };
}
