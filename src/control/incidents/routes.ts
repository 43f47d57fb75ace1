import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { noted, withStatus } from '../../incident/incident.ts';
import type { Incident, TimelineEntry } from '../../incident/incident.ts';
import { metricsOf } from '../../incident/metrics.ts';
import { INCIDENT_RULES } from '../../incident/rules.ts';
import { SEVERITY_MATRIX } from '../../incident/severity.ts';
import { asJson } from '../as-json.ts';
import { needMayAsk, needMayWrite, principalOf, viewFor } from '../audit/people.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored } from '../stored.ts';
import { BLASTS, INCIDENT_METRICS, INCIDENT_SHOWN, INCIDENTS } from './answer.ts';
import { blastOf, blastOfIncident, presentTouched } from './blast.ts';
import { needIncident, putIncident } from './hand.ts';
import { presentIncident, presentWhole } from './present.ts';
import { BLAST, CLOSE, LIST, NEW_INCIDENT, NOTE, OWNER, RECOVERED, REOPEN } from './schema.ts';

const REVEAL = { reveal: z.literal('true').exactOptional() } as const;

export const incidentRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/incidents', summary: 'The incidents of the space, the latest first', access: 'audit', reach: 'space', query: { ...LIST, ...REVEAL },
    answer: INCIDENTS,
    act: async ({ admin, space, query: { status, kind, severity, since = 0, limit, reveal } }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      const wanted = (await listStored(control.store, 'incident', space)).filter(({ body }) =>
        (status === 'all' || body.status === status) && (kind ?? body.kind) === body.kind && (severity ?? body.severity) === body.severity
        && body.openedAt >= since).toSorted((one, other) => other.body.openedAt - one.body.openedAt);
      return { incidents: wanted.slice(0, limit).map(({ id, body }) => view(presentIncident(id, body))), total: wanted.length };
    },
  }),
  route({
    method: 'GET', path: '/incidents/metrics', summary: 'How long it takes to detect, contain and recover', access: 'audit', reach: 'space',
    query: { since: LIST.since }, answer: INCIDENT_METRICS,
    act: async ({ space, query: { since = 0 } }, { store }): Promise<Json> => {
      const incidents = (await listStored(store, 'incident', space)).map(({ body }): Incident => body).filter(({ openedAt }) => openedAt >= since);
      return asJson(metricsOf(incidents));
    },
  }),
  route({
    method: 'GET', path: '/incidents/rules', summary: 'By what incidents are made of findings, and how grave they are', access: 'read', reach: 'organisation',
    act: async (): Promise<Json> => ({ rules: asJson(INCIDENT_RULES), matrix: asJson(SEVERITY_MATRIX) }),
  }),
  route({
    method: 'GET', path: '/incidents/blast', summary: 'What a context, server, tool, principal, agent or credential touched', access: 'investigate',
    reach: 'space', query: { ...BLAST, ...REVEAL },
    act: async ({ admin, space, query: { reveal, ...asked }, signal }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      if (asked.principal !== undefined) await needMayAsk(control, admin, space, [{ id: asked.principal }]);
      const principal = asked.principal === undefined ? {} : { principal: await principalOf(control, space, asked.principal) };
      const { touched, afterwards, partly } = await blastOf(control, space, { ...asked, ...principal }, signal);
      return view({ partly, touched: presentTouched(touched), ...(afterwards && { afterwards: presentTouched(afterwards) }) });
    },
  }),
  route({
    method: 'GET', path: '/incidents/:id', summary: 'One incident: its timeline, and what is known of it', access: 'audit', reach: 'space', query: REVEAL,
    answer: INCIDENT_SHOWN,
    act: async ({ admin, space, params, query: { reveal } }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      const id = params['id'] ?? '';
      return view(presentWhole(id, await needIncident(control.store, space, id)));
    },
  }),
  route({
    method: 'GET', path: '/incidents/:id/blast', summary: 'What the subjects of an incident touched', access: 'investigate', reach: 'space', query: REVEAL,
    answer: BLASTS,
    act: async ({ admin, space, params, query: { reveal }, signal }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      return view(await blastOfIncident(control, space, await needIncident(control.store, space, params['id'] ?? ''), signal));
    },
  }),
  route({
    method: 'POST', path: '/incidents', summary: 'Open an incident by hand', access: 'investigate', reach: 'space', body: NEW_INCIDENT,
    act: async ({ admin, space, body: { kind, title, severity, reason, subjects } }, control) => {
      await needMayWrite(control, admin, space, asJson({ title, reason, subjects }));
      const [id, at] = [Bun.randomUUIDv7(), control.now()];
      const incident = openedByHand({ kind, title, severity, subjects }, { at, by: admin.id, text: reason });
      await control.record({ event: 'incident.opened', space, ...whoOf(admin), reason, detail: { id, kind, severity, status: 'open', title, rules: [] } });
      await putIncident(control.store, space, id, incident, admin.id);
      return { id };
    },
  }),
  route({
    method: 'POST', path: '/incidents/:id/notes', summary: 'Write down what was found out', access: 'investigate', reach: 'space', body: NOTE,
    act: async ({ admin, space, params, body: { text } }, control) => change(control, { admin, space }, params['id'], 'note', text, (incident, at) => {
      if (incident.timeline.filter(({ event }) => event === 'note').length >= LIMITS.incidentNotesMax) {
        throw new SallyportError('ERR_BUSY', 'this incident has no room for more notes', { remedy: 'Write the rest where it can be long, and say where.' });
      }
      return noted(incident, { at, event: 'note', text, by: admin.id });
    }),
  }),
  route({
    method: 'PUT', path: '/incidents/:id/owner', summary: 'Say who looks after it', access: 'investigate', reach: 'space', body: OWNER,
    act: async ({ admin, space, params, body: { owner } }, control) => change(control, { admin, space }, params['id'], 'owner', owner, (incident, at) =>
      noted({ ...incident, owner }, { at, event: 'owner', text: owner, by: admin.id })),
  }),
  route({
    method: 'POST', path: '/incidents/:id/recover', summary: 'Say that what was stopped runs again, and was checked', access: 'investigate', reach: 'space',
    body: RECOVERED,
    act: async ({ admin, space, params, body: { reason } }, control) => change(control, { admin, space }, params['id'], 'recover', reason, (incident, at) =>
      withStatus(needOpen(incident), 'recovered', { at, text: reason, by: admin.id })),
  }),
  route({
    method: 'POST', path: '/incidents/:id/close', summary: 'Close an incident with what it was', access: 'investigate', reach: 'space', body: CLOSE,
    act: async ({ admin, space, params, body: { verdict, reason, leave } }, control) =>
      change(control, { admin, space }, params['id'], 'close', reason, (incident, at) => {
        const { containments } = needOpen(incident);
        if (containments.length > 0 && !leave) {
          throw new SallyportError('ERR_CONFLICT', `${containments.length} containments of it are in force: ${containments.slice(0, 5).join(', ')}`, {
            remedy: 'Lift them first: sallyport incident lift. Or close it with --leave, and they stay.',
          });
        }
        return { ...withStatus(incident, 'closed', { at, text: `${verdict}: ${reason}`, by: admin.id }), verdict };
      }),
  }),
  route({
    method: 'POST', path: '/incidents/:id/reopen', summary: 'Open a closed incident again', access: 'investigate', reach: 'space', body: REOPEN,
    act: async ({ admin, space, params, body: { reason } }, control) => change(control, { admin, space }, params['id'], 'reopen', reason, (incident, at) => {
      if (incident.status !== 'closed') throw new SallyportError('ERR_CONFLICT', 'this incident is not closed', { remedy: 'Nothing needs to be done.' });
      return withStatus(incident, incident.containments.length > 0 ? 'contained' : 'open', { at, text: reason, by: admin.id });
    }),
  }),
];

function needOpen(incident: Incident): Incident {
  if (incident.status !== 'closed') return incident;
  throw new SallyportError('ERR_CONFLICT', 'this incident is closed', { remedy: 'Open it again: sallyport incident reopen.' });
}

/** On record before it is so. */
async function change(
  control: Control, { admin, space }: By, given: string | undefined, verb: string, reason: string,
  act: (incident: Incident, at: number) => Incident,
): Promise<Json> {
  const id = given ?? '';
  const { store, record, now } = control;
  await needMayWrite(control, admin, space, reason);
  return store.transaction(async (rows) => {
    const next = act(await needIncident(rows, space, id), now());
    const { kind, severity, status, verdict } = next;
    await record({
      event: status === 'closed' && verb === 'close' ? 'incident.closed' : 'incident.changed', space, ...whoOf(admin), action: `incident.${verb}`, reason,
      detail: { id, kind, severity, status, ...(verdict !== undefined && { verdict }) },
    });
    await putIncident(rows, space, id, next, admin.id);
    return { id, status };
  });
}

function openedByHand(
  { kind, title, severity, subjects }: Pick<Incident, 'kind' | 'title' | 'severity' | 'subjects'>, entry: Required<Pick<TimelineEntry, 'at' | 'by' | 'text'>>,
): Incident {
  const { at, by, text } = entry;
  const blank: Incident = {
    kind, title, severity, least: severity, status: 'open', key: 'manual', rules: [], techniques: [], openedAt: at, openedBy: by, firstAt: at, lastAt: at,
    position: -1, signals: 0, outcomes: { stopped: 0, passed: 0, seen: 0 }, effects: [], seen: {}, subjects, timeline: [], timelineLeft: 0, related: [],
    containments: [],
  };
  return noted(blank, { at, event: 'opened', text, by });
}
