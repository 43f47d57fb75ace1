import type { Access } from '../access.ts';
import { isOpen as isOpenApproval } from '../approvals/words.ts';
import type { By, Control } from '../control.ts';
import { rank, stateAt } from '../findings/state.ts';
import { stateNow } from '../proposals/outcome.ts';
import { isOpen as isOpenRequest } from '../requests/decide.ts';
import { reviewing } from '../reviews/reviewer.ts';
import { listStored } from '../stored.ts';
import type { Need } from './answer.ts';

/** What waits for a person, of one kind. `part`, `access`: what somebody must have to be shown it. */
interface Waiting {
  readonly part: string;
  readonly access: Access;
  /** Another for everyone who asks. */
  readonly own?: true;
  readonly find: (control: Control, by: By) => Promise<readonly Need[]>;
}

export const WAITING: readonly Waiting[] = [
  {
    part: 'approvals', access: 'approve',
    find: async ({ store, now }, { space }) => (await listStored(store, 'approval', space))
      .filter((one) => one.body.state === 'pending' && isOpenApproval(one, now()))
      .map(({ id, body: { principal, server, resource, askedAt, expiresAt } }): Need => ({
        kind: 'call', id, what: [principal.agent, server, resource.name], at: askedAt, until: expiresAt, place: { screen: 'approvals', id }, access: 'approve',
      })),
  },
  {
    part: 'proposals', access: 'approve',
    find: async ({ store, now }, { space }) => (await listStored(store, 'proposal', space)).filter(({ body }) => stateNow(body, now()) === 'open')
      .map(({ id, body: { method, path, proposer, expiresAt } }): Need => ({
        kind: 'proposal', id, what: [method, path], at: proposer.at, until: expiresAt, place: { screen: 'approvals', id }, access: 'approve',
      })),
  },
  {
    part: 'quarantine', access: 'approve',
    find: async ({ store, now }, { space }) => (await listStored(store, 'quarantined', space))
      .filter(({ body }) => body.state === 'held' && body.expiresAt > now())
      .map(({ id, body: { agent, server, name, at, expiresAt } }): Need => ({
        kind: 'answer', id, what: [agent, server, name], at, until: expiresAt, place: { screen: 'approvals', id }, access: 'approve',
      })),
  },
  {
    part: 'servers', access: 'read',
    find: async ({ store }, { space }) => (await listStored(store, 'drift', space)).map(({ id, body: { observedAt } }): Need => ({
      kind: 'drift', id, what: [id], at: observedAt, place: { screen: 'servers', id }, access: 'approve',
    })),
  },
  {
    part: 'incidents', access: 'audit',
    find: async ({ store }, { space }) => (await listStored(store, 'incident', space)).filter(({ body }) => body.status === 'open')
      .map(({ id, body: { title, openedAt, severity } }): Need => ({
        kind: 'incident', id, what: [title], at: openedAt, severity, place: { screen: 'incidents', id }, access: 'investigate',
      })),
  },
  {
    part: 'findings', access: 'audit',
    find: async ({ store, now }, { space }) => (await listStored(store, 'finding', space))
      .filter(({ body }) => stateAt(body, now()) === 'open' && rank(body.severity) >= rank('high'))
      .map(({ id, body: { detector, rule, about, lastAt, severity } }): Need => ({
        kind: 'finding', id, what: [`${detector}/${rule}`, about.name], at: lastAt, severity, place: { screen: 'findings', id }, access: 'investigate',
      })),
  },
  {
    part: 'registry', access: 'read',
    find: async ({ store, now }, { space }) => (await listStored(store, 'registry-request', space)).filter(({ body }) => isOpenRequest(body, now()))
      .map(({ id, body: { purpose, requester, expiresAt, state } }): Need => ({
        kind: 'request', id, what: [purpose], at: requester.at, until: expiresAt, place: { screen: 'approvals', id },
        access: state === 'requested' ? 'change' : 'approve',
      })),
  },
  {
    part: 'reviews', access: 'self', own: true,
    find: async (control, by) => {
      const open = (await listStored(control.store, 'review-item', by.space)).filter(({ body }) => body.state === 'open');
      if (open.length === 0) return [];
      const { isMine } = await reviewing(control, control.store, by);
      const due = new Map((await listStored(control.store, 'review', by.space)).map(({ id, body }) => [id, body]));
      return open.filter(({ body }) => isMine(body)).map(({ id, body: { campaign, title, severity } }): Need => ({
        kind: 'review', id, what: [title], at: due.get(campaign)?.openedAt ?? 0, severity, place: { screen: 'reviews', id: campaign }, access: 'self',
        ...(due.has(campaign) ? { until: due.get(campaign)?.dueAt ?? 0 } : {}),
      }));
    },
  },
];
