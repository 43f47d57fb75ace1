import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { isWide } from '../../incident/contain.ts';
import type { Rows } from '../../store/store.ts';
import { refuseUnless } from '../admins/administration.ts';
import { needRecentSignIn } from '../admins/standing.ts';
import type { By, Control } from '../control.ts';
import { liftHold } from '../holds/place.ts';
import { needSecondPersonFor } from '../proposals/second-person.ts';
import { findStored, listStored, needStored, putStored } from '../stored.ts';
import { IN_LEASES, recordOf } from './contain.ts';
import { mayEverywhere, needOwnCredential } from './reach.ts';
import { presentContainment } from './present.ts';
import type { StoredContainment } from './schema.ts';

/**
 * Takes a containment back before its time: what it stopped goes on everywhere, unless something else stops it too. Lifted once more it
 * is lifted already. Throws `ERR_CONFLICT` for what has no way back, `ERR_SECOND_PERSON` for what is wide.
 */
export async function lift(control: Control, by: By, id: string, reason: string): Promise<JsonObject> {
  const { space, admin } = by;
  const found = await needStored(control.store, 'containment', space, id);
  const { state, verb, scope, result } = found.body;
  if (state === 'lifted' || state === 'expired') return presentContainment(found);
  if (state !== 'applied') {
    throw new SallyportError('ERR_CONFLICT', `${verb} has no way back that is a click: it ${state === 'failed' ? 'was not done' : 'is done'}`, {
      remedy: 'What brings back what it took stands in its answer: sallyport incident show.',
    });
  }
  if ((scope.target === 'all' || found.body.everywhere === true) && !mayEverywhere(by)) {
    throw new SallyportError('ERR_ADMIN_FORBIDDEN', 'it holds in every space', { remedy: 'It takes a role for the whole organisation (space "*").' });
  }
  await needOwnCredential(control, by, found.body);
  if (isWide(scope)) await needSecondPersonFor(control.store, by, `it lets a whole space go on that ${verb} contains`);
  const ended = { by: admin.id, at: control.now(), reason };
  const lifted = { ...found.body, state: 'lifted' as const, ended };
  if (verb === 'legal-hold') {
    if (admin.proof !== undefined) {
      const question = { access: 'govern', space, part: 'audit' } as const;
      refuseUnless(await control.admins.decide(admin, question), admin, question);
      needRecentSignIn(admin, 'govern', control.now());
    }
    const hold = typeof result?.['hold'] === 'string' ? result['hold'] : '';
    // It may have been ended by itself, or by who was ended before this was noted.
    if (await findStored(control.store, 'hold', space, hold) !== undefined) await liftHold(control, by, hold, reason);
  }
  const told = (): Promise<void> => recordOf(control, by, 'containment.lifted', { ...found, body: { ...lifted, reason } }, { why: 'lifted' });
  const release = async (rows: Rows): Promise<void> => {
    await needStored(rows, 'containment', space, id);
    await putStored(rows, 'containment', space, id, lifted, admin.id);
  };
  if (IN_LEASES.includes(verb)) {
    await control.store.transaction(async (rows) => {
      await release(rows);
      await told();
    });
    await control.lease.renew();
  } else {
    await control.change(by, { resource: 'containment', id, verb: 'lift', reason, detail: { verb, ...scope } }, release);
    await told();
  }
  return presentContainment({ ...found, body: lifted });
}

const SELF = { id: 'sallyport|control', may: [] } as const;

/**
 * Compiles what holds without those whose time is over, which hold nothing any more, then notes that it is, once in a fleet: in this order, as
 * what is noted is looked at no more. Gives how many.
 */
export async function expireContainments(control: Pick<Control, 'store' | 'record' | 'change' | 'now' | 'lease'>): Promise<number> {
  const all = await listStored(control.store, 'containment');
  const issuedAt = control.lease.current?.lease.issuedAt ?? 0;
  // A context that was dropped may be used again: no lease has said so yet.
  const isFree = ({ verb, at }: StoredContainment): boolean =>
    verb === 'drop-context' && issuedAt < at + LIMITS.contextDropMs && at + LIMITS.contextDropMs <= control.now();
  if (all.some(({ body }) => isFree(body))) await control.lease.renew();
  const due = all.filter(({ body }) => body.state === 'applied' && (body.until ?? Infinity) <= control.now());
  if (due.length === 0) return 0;
  await control.change({ admin: SELF, space: DEFAULT_SPACE }, { resource: 'snapshot', id: 'containments', verb: 'compile' }, async () => undefined, {
    unlessInForce: true,
  });
  let ended = 0;
  for (const { id, space } of due) {
    const at = control.now();
    ended += await control.store.transaction(async (rows) => {
      const found = (await listStored(rows, 'containment', space)).find((one) => one.id === id);
      // Another replica was here, or somebody asked for more time.
      if (found === undefined || found.body.state !== 'applied' || (found.body.until ?? Infinity) > at) return 0;
      const body = { ...found.body, state: 'expired' as const, ended: { by: SELF.id, at, reason: 'its time is over' } };
      await recordOf(control, { admin: SELF, space }, 'containment.lifted', { ...found, body: { ...body, reason: body.ended.reason } }, { why: 'expired' });
      await putStored(rows, 'containment', space, id, body, SELF.id);
      return 1;
    });
  }
  if (ended > 0) await control.lease.renew();
  return ended;
}
