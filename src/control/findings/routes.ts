import { z } from 'zod';
import { quote } from '../../audit/query/rewrite.ts';
import { SallyportError } from '../../domain/errors.ts';
import { FINDING_IDS, idOf } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { asJson } from '../as-json.ts';
import { needMayWrite, viewFor } from '../audit/people.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import type { Rows } from '../../store/store.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { FINDING, FINDING_CHANGED, FINDING_TRENDS, FINDINGS } from './answer.ts';
import { ACKNOWLEDGE, LIST, REOPEN, RESOLVE, SUPPRESS } from './schema.ts';
import type { Deed, FindingGroup } from './schema.ts';
import { dayOf, done, rank, stateAt } from './state.ts';

const DAY_MS = 24 * 60 * 60_000;

const readRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/findings', summary: 'Findings by detector, rule and what they are about, the gravest and latest first', access: 'audit',
    reach: 'space', query: LIST, answer: FINDINGS,
    act: async ({ admin, space, query: { state, severity, limit, ...query } }, control) => {
      const { store, now } = control;
      const view = await viewFor(control, admin, space, false);
      const all = (await listStored(store, 'finding', space)).map((one) => ({ ...one, body: { ...one.body, state: stateAt(one.body, now()) } }));
      const asked = all.filter(({ body }) => isAsked(body, query));
      const inState = asked.filter(({ body }) => state === 'all' || body.state === state);
      const wanted = inState.filter(({ body }) => (severity ?? body.severity) === body.severity)
        .toSorted(({ body: one }, { body: other }) => rank(other.severity) - rank(one.severity) || other.lastAt - one.lastAt);
      return {
        findings: wanted.slice(0, limit).map((one) => view(presentRow(one, now()))), total: wanted.length, states: countBy(asked, 'state'),
        severities: countBy(inState, 'severity'), detectors: [...new Set(all.map(({ body }) => body.detector))].toSorted(),
      };
    },
  }),
  route({
    method: 'GET', path: '/findings/trends', summary: 'Findings by day, by severity and detector', access: 'audit', reach: 'space', answer: FINDING_TRENDS,
    query: { days: z.coerce.number().int().min(1).max(LIMITS.findingTrendDaysMax).default(30) },
    act: async ({ space, query: { days } }, { store, now }) => {
      const known = new Map((await listStored(store, 'finding-day', space)).map(({ id, body }) => [id, body]));
      const asked = Array.from({ length: days }, (_, back) => dayOf(now() - back * DAY_MS)).toReversed();
      return { days: asked.map((day) => ({ day, ...(known.get(day) ?? { severities: {}, detectors: {}, silenced: 0 }) })) };
    },
  }),
  route({
    method: 'GET', path: '/findings/:id', summary: 'One group of findings: in which exchanges, and what was done about it', access: 'audit', reach: 'space',
    answer: FINDING,
    act: async ({ admin, space, params }, control) => {
      const view = await viewFor(control, admin, space, false);
      const { id, body } = await needFinding(control.store, space, params['id']);
      return view({
        ...presentRow({ id, body }, control.now()), outcomes: { ...body.outcomes }, exchanges: body.exchanges, deeds: body.deeds.map((deed) => asJson(deed)),
        filter: filterOf(body), incidents: await incidentsOf(control.store, space, body),
      });
    },
  }),
];

const changeRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/findings/:id/acknowledge', summary: 'Say that it is known: it stays as it is until it becomes graver', access: 'investigate',
    reach: 'space', body: ACKNOWLEDGE, answer: FINDING_CHANGED,
    act: ({ admin, space, params, body: { reason } }, control) => act(control, { admin, space }, params['id'], { did: 'acknowledged', reason }),
  }),
  route({
    method: 'POST', path: '/findings/:id/suppress', access: 'investigate', reach: 'space', body: SUPPRESS, answer: FINDING_CHANGED,
    summary: 'Hear no more of exactly this group until a day: neither here nor in incidents; what policy decides is the same',
    act: ({ admin, space, params, body: { reason, until } }, control) => {
      if (until <= control.now() || until > control.now() + LIMITS.findingSuppressedMsMax) {
        throw new SallyportError('ERR_REQUEST_INVALID', `body.until: must be within ${LIMITS.findingSuppressedMsMax / DAY_MS} days from now`, {
          remedy: 'Suppress it for a while, and again if it must be. What is allowed for good is an exception, or another policy.',
        });
      }
      return act(control, { admin, space }, params['id'], { did: 'suppressed', reason, until });
    },
  }),
  route({
    method: 'POST', path: '/findings/:id/resolve', summary: 'Say that it was mended: it opens again by itself if it comes back', access: 'investigate',
    reach: 'space', body: RESOLVE, answer: FINDING_CHANGED,
    act: ({ admin, space, params, body: { reason } }, control) => act(control, { admin, space }, params['id'], { did: 'resolved', reason }),
  }),
  route({
    method: 'POST', path: '/findings/:id/reopen', summary: 'Look at it again: what was acknowledged, suppressed or resolved', access: 'investigate',
    reach: 'space', body: REOPEN, answer: FINDING_CHANGED,
    act: ({ admin, space, params, body: { reason } }, control) => act(control, { admin, space }, params['id'], { did: 'reopened', reason }),
  }),
];

export const findingRoutes: readonly Route[] = [...readRoutes, ...changeRoutes];

type Given = Pick<Deed, 'did' | 'reason' | 'until'>;

/** On record before it is so: who silences what, until when and why. */
async function act(control: Control, { admin, space }: By, given: string | undefined, deed: Given): Promise<JsonObject> {
  await needMayWrite(control, admin, space, { reason: deed.reason });
  return control.store.transaction(async (rows) => {
    const { id, body } = await needFinding(rows, space, given);
    const [before, { did, reason, until }] = [stateAt(body, control.now()), deed];
    needPossible(body, before, deed);
    if (did === 'suppressed') needNotOneself(control, admin.id, body);
    const next = done(body, { at: control.now(), by: admin.id, ...deed });
    const { detector, rule, about, severity, state } = next;
    await control.record({
      event: 'finding.triaged', space, ...whoOf(admin), action: `finding.${did}`, reason,
      detail: { id, detector, rule, about: { ...about }, severity, before, state, ...(until === undefined ? {} : { until }) },
    });
    await putStored(rows, 'finding', space, id, next, admin.id);
    if (until === undefined) await rows.delete('finding-silence', space, id, { by: admin.id });
    else await putStored(rows, 'finding-silence', space, id, { until }, admin.id);
    return { id, state, ...(until === undefined ? {} : { until }) };
  });
}

function needPossible({ about }: FindingGroup, before: FindingGroup['state'], { did }: Given): void {
  if (did === 'suppressed' && about.kind === 'rest') {
    throw new SallyportError('ERR_REQUEST_INVALID', 'this stands for many different things; one suppresses exactly one', {
      remedy: 'Resolve or suppress others first, so that there is room for each by itself.',
    });
  }
  if (did === 'reopened' && before === 'open') throw new SallyportError('ERR_CONFLICT', 'it is open', { remedy: 'Nothing needs to be done.' });
}

/** Nobody silences what is found of themselves. */
function needNotOneself({ retention }: Control, id: string, { about }: FindingGroup): void {
  if (about.kind !== 'principal' || about.name !== retention.pseudonyms.of(id)) return;
  throw new SallyportError('ERR_ADMIN_FORBIDDEN', 'this was found of yourself', { remedy: 'Let somebody else look at it.' });
}

async function needFinding(rows: Rows, space: string, id = ''): Promise<Stored<FindingGroup>> {
  const found = await findStored(rows, 'finding', space, id);
  if (found !== undefined) return found;
  throw new SallyportError('ERR_NOT_FOUND', 'there is no such finding in this space', { remedy: 'See `sallyport finding list --state all`.' });
}

function isAsked(
  { detector, rule, about, lastAt }: FindingGroup,
  query: { readonly detector?: string; readonly kind?: string; readonly text?: string; readonly since?: number },
): boolean {
  const text = query.text?.toLowerCase();
  return (query.detector ?? detector) === detector && (query.kind ?? about.kind) === about.kind && lastAt >= (query.since ?? 0)
    && (text === undefined || [idOf({ detector, rule }), about.name].some((one) => one.toLowerCase().includes(text)));
}

function presentRow({ id, body }: Pick<Stored<FindingGroup>, 'id' | 'body'>, now: number): JsonObject {
  const { detector, rule, about, severity, count, silenced, firstAt, lastAt, until, days } = body;
  const state = stateAt(body, now);
  return {
    id, detector, rule, about: { ...about }, severity, count, silenced, firstAt, lastAt, state, days,
    ...(state === 'suppressed' && until !== undefined ? { until } : {}),
  };
}

function countBy(groups: readonly Pick<Stored<FindingGroup>, 'body'>[], field: 'state' | 'severity'): JsonObject {
  return Object.fromEntries([...Map.groupBy(groups, ({ body }) => body[field])].map(([value, those]) => [value, those.length]));
}

/** Incidents that were made of it: of the same rule, about the same. People stand in them under their names, and are looked for by these nowhere. */
async function incidentsOf(rows: Rows, space: string, { detector, rule, about: { kind, name } }: FindingGroup): Promise<JsonObject[]> {
  const id = idOf({ detector, rule });
  const those = (await listStored(rows, 'incident', space)).filter(({ body: { seen, subjects } }) => {
    if (seen[id] === undefined || kind === 'rest' || kind === 'principal') return false;
    return kind === 'space' || subjects[kind]?.includes(name) === true;
  });
  return those.toSorted((one, other) => other.body.openedAt - one.body.openedAt).slice(0, LIMITS.findingIncidentsShown)
    .map(({ id: incident, body: { title, severity, status } }) => ({ id: incident, title, severity, status }));
}

/** The question that finds its records in the ledger, as far as one can: the index knows findings of detectors, and events. */
function filterOf({ detector, rule, about: { kind, name } }: FindingGroup): string {
  const id = idOf({ detector, rule });
  const what = FINDING_IDS.includes(id) ? `finding = ${quote(id)}` : detector.includes('.') ? `event = ${detector}` : '';
  const [server = '', ...tool] = name.split('/');
  const about = kind === 'tool' ? [`server = ${quote(server)}`, `tool = ${quote(tool.join('/'))}`]
    : kind === 'server' || kind === 'agent' || kind === 'principal' || kind === 'context' ? [`${kind} = ${quote(name)}`] : [];
  return [...(what === '' ? [] : [what]), ...about].join(' and ');
}
