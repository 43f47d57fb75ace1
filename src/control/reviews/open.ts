import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { assignTo } from '../../review/assign.ts';
import { itemsOf } from '../../review/build.ts';
import { DAY_MS } from '../../review/days.ts';
import { THRESHOLDS } from '../../review/facts.ts';
import type { CompanyFacts, GranteeFact, Thresholds } from '../../review/facts.ts';
import type { ReviewItem } from '../../review/item.ts';
import { digestOf } from '../../registry/canonical.ts';
import { asJson } from '../as-json.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import type { Rows } from '../../store/store.ts';
import { listStored, putStored } from '../stored.ts';
import { readFacts, readPeople } from './facts.ts';
import { announce } from './remind.ts';
import type { NewReview, StoredItem, StoredReview } from './schema.ts';
import { readReviews } from './settings.ts';

/** What a campaign would ask, without one: the findings of now, nobody told. */
export async function lookNow(control: Control, space: string,
  thresholds: Thresholds): Promise<{ readonly facts: CompanyFacts; readonly items: readonly ReviewItem[] }> {
  const facts = await readFacts(control, space, thresholds);
  return { facts, items: itemsOf(facts) };
}

/**
 * Opens a campaign: looks at everything once, asks who answers for it, and puts on record what was asked. Throws `ERR_CONFLICT` where too
 * many are open.
 */
export async function openReview(control: Control, by: By, wanted: NewReview): Promise<JsonObject> {
  const { space, admin } = by;
  const settings = await readReviews(control.store);
  const thresholds: Thresholds = { ...THRESHOLDS, ...settings.thresholds, ...(wanted.unusedDays === undefined ? {} : { unusedDays: wanted.unusedDays }) };
  const standIns = await idsOf(control, wanted.standIns ?? settings.standIns);
  const { facts, items } = await lookNow(control, space, thresholds);
  const asked = items.slice(0, LIMITS.reviewItemsMax);
  const assign = assignTo(facts, standIns);
  const [id, at] = [Bun.randomUUIDv7(), control.now()];
  const { head } = control.configuration;
  const review: StoredReview = {
    title: wanted.title, state: 'open', openedAt: at, openedBy: admin.id, dueAt: at + (wanted.dueInDays ?? settings.dueInDays) * DAY_MS, reminders: [],
    thresholds, standIns: [...standIns], digest: digestOf(asked.map(({ id: item, title, severity }) => ({ item, title, severity }))),
    ...(head === undefined ? {} : { configuration: { number: head.statement.number, digest: head.digest } }),
    checks: countBy(asked, ({ check }) => check), left: items.length - asked.length, moved: {},
  };
  await control.store.transaction(async (rows) => {
    const open = (await listStored(rows, 'review', space)).filter(({ body }) => body.state === 'open');
    if (open.length >= LIMITS.reviewsOpenMax) {
      throw new SallyportError('ERR_CONFLICT', `${open.length} campaigns are open`, { remedy: 'Close one first: sallyport review close' });
    }
    await control.record({
      event: 'review.opened', exchange: id, space, ...whoOf(admin), action: 'review.open', reason: wanted.title, digest: review.digest,
      detail: { review: id, items: asked.length, left: review.left, dueAt: review.dueAt, checks: review.checks, standIns: standIns.length },
    });
    await putStored(rows, 'review', space, id, review, admin.id);
    const granted = await readGranted(rows, space);
    for (const item of asked) await putStored(rows, 'review-item', space, rowId(id, item.id), rowOf(id, item, assign, granted), admin.id);
  });
  await raiseFindings(control, space, id, asked);
  await announce(control, space, id, 'opened');
  return { id, title: wanted.title, dueAt: review.dueAt, items: asked.length, left: review.left, checks: review.checks };
}

export function rowId(review: string, item: string): string {
  return `${review}.${item}`;
}

/** To whom what is asked about is given, by kind and id. */
async function readGranted(rows: Rows, space: string): Promise<ReadonlyMap<string, NonNullable<StoredItem['to']>>> {
  const all = await Promise.all((['binding', 'admin'] as const).map(async (kind) =>
    (await listStored(rows, kind, space)).map(({ id, body: { to } }) => [`${kind} ${id}`, to] as const)));
  return new Map(all.flat());
}

function rowOf(review: string, item: ReviewItem, assign: ReturnType<typeof assignTo>, granted: Awaited<ReturnType<typeof readGranted>>): StoredItem {
  const { id: _id, holders: _holders, notBy, revoke, change, ...rest } = item;
  const { reviewers, as } = assign(item);
  const to = granted.get(`${item.subject.kind} ${item.subject.id}`);
  return {
    ...rest, ...(to === undefined ? {} : { to }), ...(notBy === undefined ? {} : { notBy: [...notBy] }), evidence: asJson(item.evidence),
    campaign: review, reviewers: [...reviewers], as, revoke: copied(revoke), ...(change === undefined ? {} : { change: copied(change) }),
    state: 'open', words: [], remedy: 'none',
  };
}

/** A remedy as it is stored. */
export function copied(remedy: ReviewItem['revoke']): StoredItem['revoke'] {
  return remedy.kind === 'narrow-grant' ? { ...remedy, tools: [...remedy.tools] } : remedy;
}

export function countBy<T>(items: readonly T[], of: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[of(item)] = (counts[of(item)] ?? 0) + 1;
  return counts;
}

async function idsOf({ store }: Pick<Control, 'store'>, to: GranteeFact | undefined): Promise<readonly string[]> {
  return to === undefined ? [] : (await readPeople(store)).holdersOf(to);
}

/** What was found goes the way of every finding: the gravest one by one, the rest in sum, so that one campaign drowns nothing else. */
async function raiseFindings(control: Control, space: string, review: string, items: readonly ReviewItem[]): Promise<void> {
  const found = items.filter(({ check }) => check !== 'access');
  const grave = found.filter(({ severity }) => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf('high')).slice(0, LIMITS.reviewFindingsMax);
  for (const { check, severity, title, subject } of grave) {
    await control.record({
      event: 'finding.raised', space, ...(subject.kind === 'server' ? { server: subject.id } : {}),
      findings: [{ detector: 'review', rule: check, severity, at: [], seen: title.slice(0, SEEN_CHARS) }], detail: { review, subject: { ...subject } },
    });
  }
  for (const [check, of] of Map.groupBy(found.filter((item) => !grave.includes(item)), (item) => item.check)) {
    const severity = of[0]?.severity ?? 'info';
    await control.record({
      event: 'finding.raised', space, findings: [{ detector: 'review', rule: check, severity, at: [], seen: `${of.length} items` }], detail: { review,
        items: of.length },
    });
  }
}

const SEEN_CHARS = 200;
