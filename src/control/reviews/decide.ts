import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { needLook, remedyFor } from '../../review/decision.ts';
import type { ItemState, ReviewDecision } from '../../review/decision.ts';
import type { Rows } from '../../store/store.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { needStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { itemOf } from './items.ts';
import { rowId } from './open.ts';
import { carryOut } from './remedy.ts';
import type { OnWord } from './remedy.ts';
import { reviewing } from './reviewer.ts';
import type { Decide, StoredItem, StoredReview } from './schema.ts';

const STATE: Readonly<Record<Exclude<ReviewDecision, 'delegate'>, ItemState>> = { certify: 'certified', revoke: 'revoked', change: 'changed' };
const MINUTE_MS = 60_000;

/**
 * Somebody's answer to items of a campaign: checked, on record, kept, and then carried out. Throws `ERR_ADMIN_FORBIDDEN` for what is not theirs,
 * `ERR_CONFLICT` for what is answered, `ERR_RATE_LIMITED` and `ERR_REQUEST_INVALID` for answers that nobody can have thought about.
 */
export async function decide(control: Control, by: By, id: string, wish: Decide): Promise<JsonObject> {
  await needPace(control, by, wish.items.length);
  const items = await control.store.transaction((rows) => keepWord(control, rows, by, id, wish));
  const { admin: { id: who }, space } = by;
  const settled: StoredItem[] = [];
  for (const item of items) settled.push(wish.decision === 'delegate' ? item.body : await settle(control, space, item, { by: who, reason: wish.reason }));
  return {
    review: id, decision: wish.decision,
    items: settled.map(({ state, remedy, note }, at) => ({ id: itemOf(items[at]?.id ?? ''), state, remedy, ...(note === undefined ? {} : { note }) })),
  };
}

/** What is on record was said, whatever becomes of carrying it out. */
async function keepWord(control: Control, rows: Rows, by: By, id: string, { items: ids, decision, reason,
  to }: Decide): Promise<readonly Stored<StoredItem>[]> {
  const { space, admin } = by;
  await needOpen(rows, space, id);
  const found = await Promise.all([...new Set(ids)].map((item) => needStored(rows, 'review-item', space, rowId(id, item))));
  needLook(found.map(({ id: row, body }) => ({ ...body, id: itemOf(row) })), decision);
  const who = await reviewing(control, rows, by);
  const next: Stored<StoredItem>[] = [];
  for (const item of found) {
    if (item.body.state !== 'open') throw new SallyportError('ERR_CONFLICT', `item ${itemOf(item.id)} is ${item.body.state} already`,
      { remedy: 'See: sallyport review show' });
    await who.need(item.body);
    const word = { by: admin.id, at: control.now(), decision, reason };
    const words = [...item.body.words, word];
    if (words.length > DELEGATIONS_MAX) throw new SallyportError('ERR_CONFLICT', 'it went from one to the other often enough', { remedy: 'Answer it.' });
    next.push({ ...item, body: decision === 'delegate'
      ? { ...item.body, words, reviewers: [await who.delegate(item.body, needTo(to))], as: 'delegate' }
      : { ...item.body, words, state: STATE[decision] } });
  }
  await control.record({
    event: 'review.decided', exchange: id, space, ...whoOf(admin), action: `review.${decision}`, reason,
    detail: { review: id, decision, items: next.map(({ id: row, body: { check, subject } }) => ({ id: itemOf(row), check,
      subject: `${subject.kind} ${subject.id}` })) },
  });
  for (const { id: row, body } of next) await putStored(rows, 'review-item', space, row, body, admin.id);
  return next;
}

const DELEGATIONS_MAX = 10;

function needTo(to: string | undefined): string {
  if (to !== undefined) return to;
  throw new SallyportError('ERR_REQUEST_INVALID', 'say to whom it is delegated', { remedy: 'Give --to.' });
}

export async function needOpen(rows: Rows, space: string, id: string): Promise<StoredReview> {
  const { body } = await needStored(rows, 'review', space, id);
  if (body.state === 'open') return body;
  throw new SallyportError('ERR_CONFLICT', 'the campaign is closed', { remedy: 'See `sallyport review list`.' });
}

/** Carries out what was decided, or says what somebody has to do; what fails is kept as failed, and stays to be done. */
export async function settle(control: Control, space: string, { id: row, body: item }: Stored<StoredItem>, word: Pick<OnWord,
  'by' | 'reason'>): Promise<StoredItem> {
  const narrows = item.state === 'lapsed' && item.change?.kind === 'narrow-grant';
  const decision = item.state === 'changed' || narrows ? 'change' : item.state === 'revoked' || item.state === 'lapsed' ? 'revoke' : 'certify';
  const remedy = remedyFor(item, decision);
  if (remedy === undefined) return item;
  const next: StoredItem = remedy.kind === 'task' ? { ...item, remedy: 'task', note: remedy.what } : await done(control, space, { row, item, remedy, word });
  await putStored(control.store, 'review-item', space, row, next, word.by);
  return next;
}

interface Doing {
  readonly row: string;
  readonly item: StoredItem;
  readonly remedy: Parameters<typeof carryOut>[2];
  readonly word: Pick<OnWord, 'by' | 'reason'>;
}

async function done(control: Control, space: string, { row, item, remedy, word }: Doing): Promise<StoredItem> {
  try {
    const onWord = { campaign: item.campaign, item: itemOf(row), ...word };
    const { note } = await carryOut(control, space, remedy, onWord);
    return { ...item, remedy: 'done', note };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    // What is gone already needs nobody to take it away.
    if (error.code === 'ERR_NOT_FOUND' || error.code === 'ERR_SERVER_UNKNOWN') return { ...item, remedy: 'done', note: 'it was gone already' };
    return { ...item, remedy: 'failed', note: `${error.code}: ${error.message}` };
  }
}

/** Faster than anybody reads is a finding about the practice, and at some point no answer. */
async function needPace({ state, now, record }: Control, { admin, space }: By, count: number): Promise<void> {
  const key = createHash('sha256').update(admin.id).digest('base64url');
  const given = await state.increment(`reviews/pace/${Math.floor(now() / MINUTE_MS)}/${key}`, count, 2 * MINUTE_MS);
  if (given > LIMITS.reviewPerMinuteMax) {
    throw new SallyportError('ERR_RATE_LIMITED', `that is more than ${LIMITS.reviewPerMinuteMax} answers in a minute`,
      { remedy: 'Look at what you answer; go on in a minute.' });
  }
  if (given <= LIMITS.reviewHastyPerMinute || given - count > LIMITS.reviewHastyPerMinute) return;
  await record({
    event: 'finding.raised', space, principal: admin.id, principalKind: admin.proof?.kind ?? 'workload',
    findings: [{ detector: 'review', rule: 'hasty', severity: 'low', at: [], seen: `${given} answers in a minute` }],
  });
}
