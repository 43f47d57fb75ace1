import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { APPROVAL_STATES } from '../../domain/approval.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Control } from '../control.ts';
import { route, type Admin, type Route } from '../route.ts';
import { listStored, needStored } from '../stored.ts';
import { APPROVAL_SHOWN, APPROVALS } from './answer.ts';
import { readApprovers, ROOT } from './approvers.ts';
import { denyApproval, grantApprovals, withdrawApproval, type Answering } from './decide.ts';
import { hasPresence, needPresence, setPresence } from './presence.ts';
import { openApproval, presentShown, summarize, type Shown } from './present.ts';
import { GRANT, REFUSE, SET_PRESENCE } from './schema.ts';
import { noteShown } from './shown.ts';
import { standingPolicy } from './standing.ts';
import { stateOf, type Approval } from './words.ts';

const STANDING_QUERY = {
  vary: z.string().min(1).max(2_000).exactOptional(),
  days: z.string().regex(/^(?:[1-9]|[1-8]\d|90)$/, 'must be 1 to 90 days').default('30'),
};
const FILTER = { state: z.enum([...APPROVAL_STATES, 'open']).exactOptional() };

export const approvalRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/approvals', summary: 'Calls that wait for somebody to approve them, and what became of earlier ones',
    access: 'approve', reach: 'space', query: FILTER, answer: APPROVALS,
    act: async ({ space, query }, { store, now }) => {
      const [approvers, at] = [await readApprovers(store, space), now()];
      const wanted = (await listStored(store, 'approval', space)).filter((one) => isWanted(stateOf(one, at), query.state));
      const presence = await hasPresence(store);
      return { solo: approvers.solo, presence, approvals: wanted.map((one) => summarize(one, at, approvers)) };
    },
  }),
  route({
    method: 'GET', path: '/approvals/:id', summary: 'One call whole: every byte that would run, and why it waits', access: 'approve', reach: 'space',
    answer: APPROVAL_SHOWN,
    act: async ({ admin, space, params }, control) => {
      const shown = await openFor(control, space, params['id'] ?? '', admin);
      await noteShown(control, shown.approval.id, admin.id);
      return presentShown(shown, control.now());
    },
  }),
  route({
    method: 'GET', path: '/approvals/:id/policy',
    summary: 'The policy that would let calls like this one run unasked, for whoever reviews it; it changes nothing',
    access: 'approve', reach: 'space', query: STANDING_QUERY,
    act: async ({ admin, space, params, query: { vary, days } }, control) => {
      const names = vary === undefined ? [] : vary.split(',');
      return standingPolicy(control, await openFor(control, space, params['id'] ?? '', admin), { vary: names, days: Number(days) });
    },
  }),
  route({
    method: 'POST', path: '/approvals/grant', summary: 'Approve exactly the calls that were shown; several only where they are alike but for their values',
    access: 'approve', reach: 'space', body: GRANT,
    act: async ({ admin, space, body }, control) => {
      const by = await answering(control, admin, body.passphrase);
      return present(control, space, await grantApprovals(control, space, body.approvals, by));
    },
  }),
  route({
    method: 'POST', path: '/approvals/:id/deny', summary: 'Refuse a call; one refusal is enough', access: 'approve', reach: 'space', body: REFUSE,
    act: async ({ admin, space, params, body }, control) =>
      present(control, space, [await denyApproval(control, space, params['id'] ?? '', await answering(control, admin, undefined), body.reason)]),
  }),
  route({
    method: 'POST', path: '/approvals/:id/withdraw', summary: 'Take back what was asked, or approved and not used yet',
    access: 'approve', reach: 'space', body: REFUSE,
    act: async ({ admin, space, params, body }, control) =>
      present(control, space, [await withdrawApproval(control, space, params['id'] ?? '', await answering(control, admin, undefined), body.reason)]),
  }),
  route({
    method: 'PUT', path: '/approval-passphrase', summary: 'Set the passphrase by which whoever holds this machine shows that they are there',
    access: 'approve', reach: 'organisation', body: SET_PRESENCE, local: true,
    act: async ({ admin, body }, control) => {
      if (admin.id !== ROOT) {
        throw new SallyportError('ERR_APPROVER', 'only whoever holds this machine\'s token sets its passphrase', { remedy: 'People use their passkeys.' });
      }
      await setPresence(control, admin, body.passphrase, body.old);
      return {};
    },
  }),
];

/** Who may do something with approvals need not read everybody's calls: only who may answer one, and whose it is. Throws `ERR_APPROVER`. */
async function openFor(control: Control, space: string, id: string, admin: Admin): Promise<Shown> {
  const approval = await needStored(control.store, 'approval', space, id);
  const approvers = await readApprovers(control.store, space);
  const isTheirs = approval.body.gates.some(({ value }) => approvers.isNamed(approval, admin.id, value)) || approvers.isRequester(approval, admin.id);
  if (admin.id === ROOT || isTheirs) return openApproval(control, approval);
  throw new SallyportError('ERR_APPROVER', 'this call is not yours to answer',
    { remedy: `It waits for ${approval.body.gates.map(({ value }) => value).join(', ')}.` });
}

function isWanted(state: Approval['body']['state'], wanted: string | undefined): boolean {
  if (wanted === undefined || wanted === 'open') return wanted === undefined || state === 'pending' || state === 'granted';
  return state === wanted;
}

/** Who answers. The machine's token says nothing of who holds it: whoever types the passphrase is there. */
async function answering(control: Control, { id, proof }: Admin, passphrase: string | undefined): Promise<Answering> {
  if (proof?.via !== 'root' && proof?.via !== 'session' && proof?.via !== 'token') {
    throw new SallyportError('ERR_APPROVER', 'calls are approved by people who signed in', { remedy: 'Sign in as yourself.' });
  }
  if (proof.via !== 'root' || passphrase === undefined) return { id, via: proof.via };
  await needPresence(control, passphrase);
  return { id, via: 'root', presence: 'passphrase' };
}

async function present({ store, now }: Control, space: string, approvals: readonly Approval[]): Promise<Json> {
  const approvers = await readApprovers(store, space);
  return { approvals: approvals.map((one) => summarize(one, now(), approvers)) };
}
