import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Severity } from '../../domain/finding.ts';
import { LIMITS } from '../../domain/limits.ts';
import { absorb, incidentKeyOf, noted, openIncident, withStatus } from '../../incident/incident.ts';
import type { Incident } from '../../incident/incident.ts';
import type { Correlator, Match } from '../../incident/correlate.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { createHand, forgetClosed, KEEPER } from './hand.ts';
import type { Hand, InHand } from './hand.ts';
import type { News } from './news.ts';
import { INCIDENT_CURSOR } from './schema.ts';

/** How far the ledger was read; `version` is of its row, so that two that follow at once can't both write. */
export interface Cursor {
  readonly next: number;
  readonly from: number;
  readonly version: number;
}

/** What the ledger said, for the incidents. */
export type Pending = { readonly match: Match } | { readonly news: News };

export interface Written {
  readonly batch: readonly Pending[];
  readonly correlator: Correlator;
  readonly before: Cursor;
  readonly next: Cursor;
  /** What else is written of what was read, together with it. */
  readonly also: (rows: Rows) => Promise<void>;
}

type Parts = Pick<Control, 'store' | 'record' | 'now'>;

const CURSOR = 'cursor';

export async function readCursor(rows: Rows): Promise<Cursor | undefined> {
  const row = await rows.get('incident-cursor', DEFAULT_SPACE, CURSOR);
  return row === undefined ? undefined : { ...INCIDENT_CURSOR.parse(row.body), version: row.version };
}

/**
 * Takes in what the ledger said, with how far it was read, all or nothing. What is opened, or has become graver, is on record before.
 * Throws `ERR_CONFLICT` where another control follows, too.
 */
export async function writeIncidents(parts: Parts, { batch, correlator, before, next, also }: Written): Promise<Cursor> {
  return parts.store.transaction(async (rows) => {
    const hand = createHand(rows, parts.now());
    for (const one of batch) {
      if ('news' in one) await takeNews(hand, one.news);
      else await takeMatch(hand, one.match, correlator);
    }
    await relate(hand);
    for (const one of hand.held()) if (one.now !== one.before) await tell(parts, one);
    await hand.put();
    for (const space of new Set(hand.held().filter((one) => one.before === undefined).map((one) => one.space))) await forgetClosed(rows, space);
    await also(rows);
    const { next: position, from } = next;
    const row = await rows.put('incident-cursor', DEFAULT_SPACE, CURSOR, { next: position, from }, { by: KEEPER, expectedVersion: before.version });
    return { next: position, from, version: row.version };
  });
}

async function takeMatch(hand: Hand, match: Match, correlator: Correlator): Promise<void> {
  const { space, rule, signals } = match;
  const held = await hand.byKey(space, incidentKeyOf(match));
  if (held !== undefined && held.now.status !== 'closed') {
    held.now = absorb(held.now, rule, signals, hand.at);
    return;
  }
  const news = held === undefined ? signals : signals.filter(({ position }) => position > held.now.position);
  if (news.length === 0) return;
  // What was closed is over: what goes on is looked at as if it were new, and opens another one when it is as much.
  if (match.more || news.length < signals.length) {
    for (const again of correlator.anew({ ...match, signals: news }, hand.at)) if (!again.more) await begin(hand, again);
    return;
  }
  await begin(hand, match);
}

/** Of a space that is full of new ones each kind keeps one, which takes in all others of it. */
async function begin(hand: Hand, match: Match): Promise<void> {
  const { space, rule, signals } = match;
  const open = await hand.open(space);
  const isFull = open.length >= LIMITS.incidentsOpenMax || (await hand.openedLately(space)) >= LIMITS.incidentsPerHourMax;
  const [instead] = isFull ? open.filter(({ now }) => now.kind === rule.kind).toSorted((a, b) => b.now.openedAt - a.now.openedAt) : [];
  if (instead === undefined) hand.add(space, openIncident(match, hand.at, KEEPER));
  else instead.now = absorb(instead.now, rule, signals, hand.at);
}

async function takeNews(hand: Hand, { space, incident, ...news }: News): Promise<void> {
  const { at, by, event, id, text, contains, expired } = news;
  const held = await hand.byId(space, incident);
  if (held === undefined || held.now.timeline.some((entry) => entry.at === at && entry.text === text)) return;
  const isContainment = event.startsWith('containment.');
  const now = noted(held.now, { at, event: isContainment ? 'containment' : 'playbook', text, by });
  held.now = now;
  if (contains !== undefined) {
    const isKnown = contains === 'did' || now.containments.includes(id);
    const containments = isKnown ? now.containments : [...now.containments, id];
    const next = { ...now, containments };
    held.now = now.status === 'open' || now.status === 'recovered' ? withStatus(next, 'contained', { at, by, text }) : next;
  } else if (event === 'containment.lifted' && now.containments.includes(id)) {
    const next = { ...now, containments: now.containments.filter((one) => one !== id) };
    const isOver = next.containments.length === 0 && now.status === 'contained';
    // What ended by itself says nothing of whether anybody looked.
    const [status, why] = expired === true
      ? (['open', 'the time of the last containment is over'] as const) : (['recovered', 'the last containment was lifted'] as const);
    held.now = isOver ? withStatus(next, status, { at, by, text: why }) : next;
  }
}

/** What is new has to do with what is open of the same context, server, agent or person. */
async function relate(hand: Hand): Promise<void> {
  for (const one of hand.held().filter(({ before }) => before === undefined)) {
    for (const other of await hand.open(one.space)) {
      if (other.id === one.id || !isAlike(one.now, other.now) || other.now.related.length >= LIMITS.incidentNamesMax) continue;
      if (!one.now.related.includes(other.id)) one.now = { ...one.now, related: [...one.now.related, other.id].slice(0, LIMITS.incidentNamesMax) };
      if (!other.now.related.includes(one.id)) other.now = { ...other.now, related: [...other.now.related, one.id] };
    }
  }
}

function isAlike({ subjects: mine }: Incident, { subjects: theirs }: Incident): boolean {
  return (['context', 'server', 'agent', 'principal', 'asset', 'host'] as const).some((kind) => mine[kind]?.some((name) => theirs[kind]?.includes(name)));
}

async function tell({ record }: Parts, { id, space, before, now }: InHand): Promise<void> {
  const { kind, severity, status, title, rules, techniques } = now;
  const detail = { id, kind, severity, status, title, rules: [...rules], techniques: [...techniques] };
  if (before === undefined) return record({ event: 'incident.opened', space, principal: KEEPER, principalKind: 'workload', detail });
  if (before.severity === severity && before.status === status) return;
  const was: { readonly severity: Severity; readonly status: string } = { severity: before.severity, status: before.status };
  await record({ event: 'incident.changed', space, principal: KEEPER, principalKind: 'workload', detail: { ...detail, before: was } });
}
