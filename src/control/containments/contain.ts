import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { complain, holds, isWide, VERB_KINDS } from '../../incident/contain.ts';
import type { Rows } from '../../store/store.ts';
import { principalOf } from '../audit/people.ts';
import { rehearse, whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { needSecondPersonFor } from '../proposals/second-person.ts';
import { listStored, putStored } from '../stored.ts';
import { ACTS, prepare, type Act } from './acts.ts';
import { activeContainments, type Contained } from './active.ts';
import { presentContainment } from './present.ts';
import type { NewContainment, StoredContainment } from './schema.ts';
import { mayEverywhere, needOwnCredential } from './reach.ts';
import { touchedBy } from './touched.ts';

/**
 * Contains: what holds is one row that every gateway's snapshot and lease are made with, what is done once is done here. Asked again
 * for the same incident it is the same containment, with the later end. Throws `ERR_REQUEST_INVALID` for what a verb is not done to,
 * `ERR_SECOND_PERSON` for what is wide, `ERR_NOT_FOUND`, and what the act itself throws, which is on record as `containment.failed`.
 */
export async function contain(control: Control, by: By, request: NewContainment): Promise<JsonObject> {
  const asked = await checked(control, by, request);
  const { dryRun, forMs = LIMITS.containmentMs, ...wish } = asked;
  const at = control.now();
  const kind = VERB_KINDS[wish.verb];
  const until = kind.way === 'standing' ? { until: at + forMs } : {};
  const everywhere = wish.verb === 'block-host' && by.space === DEFAULT_SPACE && mayEverywhere(by) ? { everywhere: true as const } : {};
  const state = kind.way === 'act' ? 'failed' as const : 'applied' as const;
  const fresh: StoredContainment = { ...wish, by: by.admin.id, at, ...until, ...everywhere, state, touched: {} };
  const perform = ACTS[wish.verb];
  const touched = await touchedBy(control.store, { space: by.space, body: fresh }, at);
  const containment: StoredContainment = { ...fresh, touched };
  if (dryRun) {
    if (perform === undefined) await stand(control, by, containment, true);
    return { dryRun: true, wide: isWide(wish.scope), ...presentContainment({ id: '', space: by.space, body: { ...containment, state: 'applied' } }) };
  }
  if (isWide(wish.scope)) await needTwo(control, by, wish.verb);
  try {
    const done = perform === undefined ? await stand(control, by, containment, false) : await act(control, by, containment, perform);
    if (done.isRecorded !== true) await recordOf(control, by, 'containment.applied', done.contained, { known: done.known });
    return { ...presentContainment(done.contained), known: done.known, ...(done.answer === undefined ? {} : { answer: done.answer }) };
  } catch (error) {
    await recordOf(control, by, 'containment.failed', { id: '', space: by.space, body: containment }, { known: false }, error);
    throw error;
  }
}

/** Names as they are stored: a pseudonym that was read on a screen is whom it stands for. */
async function checked(control: Control, { admin, space }: By, request: NewContainment): Promise<NewContainment> {
  const complaint = complain(request.verb, request.scope);
  if (complaint !== undefined) throw new SallyportError('ERR_REQUEST_INVALID', `body.scope: ${complaint}`, { remedy: 'See docs/containment.md.' });
  const { target, name } = request.scope;
  if (target === 'all' && (space !== DEFAULT_SPACE || !mayEverywhere({ admin, space }))) {
    throw new SallyportError('ERR_REQUEST_INVALID', 'everything is contained from the default space, by who may everywhere', {
      remedy: 'Contain this space: --space-wide, or what is in it.',
    });
  }
  await needOwnCredential(control, { admin, space }, request);
  if (target === 'host') return { ...request, scope: { target, name: plainHost(name) } };
  return target === 'principal' ? { ...request, scope: { target, name: await principalOf(control, space, name) } } : request;
}

/** As whatever connects there writes it: what is kept as `127.1` or `0:0::1` would be met by nothing. */
function plainHost(name: string): string {
  const [star, bare] = name.startsWith('*.') ? ['*.', name.slice(2)] : ['', name.replace(/^\[|\]$/g, '')];
  const host = URL.parse(`http://${bare.includes(':') ? `[${bare}]` : bare}/`)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (host !== '') return star + host;
  throw new SallyportError('ERR_REQUEST_INVALID', 'body.scope: that is no host or address', { remedy: 'Name it as a URL would.' });
}

/** As whom playbooks that start by themselves act. */
const PLAYBOOK = 'sallyport|playbook';

/** What runs by itself does nothing wide, whoever signed it: two people are not to be had from it. */
async function needTwo(control: Control, by: By, verb: string): Promise<void> {
  const reason = `${verb} reaches everybody of a space`;
  const isPeoples = (by.admin.approvals?.length ?? 0) > 0;
  if (by.admin.proof === undefined || (by.admin.id === PLAYBOOK && !isPeoples)) {
    throw new SallyportError('ERR_SECOND_PERSON', `this takes people: ${reason}`, {
      remedy: 'Somebody who may stop things approves it, or does it.', data: { reasons: [reason] },
    });
  }
  await needSecondPersonFor(control.store, by, reason);
}

interface Done {
  readonly contained: Contained;
  /** It held already: nothing is new but its end. */
  readonly known: boolean;
  readonly answer?: Json;
  readonly isRecorded?: true;
}

async function stand(control: Control, by: By, containment: StoredContainment, dryRun: boolean): Promise<Done> {
  const fresh = Bun.randomUUIDv7();
  const { verb, scope, reason } = containment;
  const what = { resource: 'containment', id: `${verb} ${scope.target} ${scope.name}`.trim(), verb: 'apply', reason, detail: { verb, ...scope } };
  const at = containment.at;
  const hold = async (rows: Rows): Promise<Done> => {
    const same = (await activeContainments(rows, at, by.space)).find(({ body }) => isSame(body, containment));
    await needRoom(rows, by.space, at);
    const result = await prepare(rows, by.space, containment);
    const later = same === undefined ? containment : { ...same.body, until: Math.max(same.body.until ?? 0, containment.until ?? 0) };
    const body = result === undefined ? later : { ...later, result };
    const id = same?.id ?? fresh;
    await putStored(rows, 'containment', by.space, id, body, by.admin.id);
    return { contained: { id, space: by.space, body }, known: same !== undefined };
  };
  if (!IN_LEASES.includes(verb)) return control.change(by, what, hold, { dryRun });
  if (dryRun) return (await rehearse(control.store, hold, at)).result;
  const done = await control.store.transaction(async (rows) => {
    const held = await hold(rows);
    // On record before it is so: no `config.changed` stands beside it.
    await recordOf(control, by, 'containment.applied', held.contained, { known: held.known });
    return { ...held, isRecorded: true as const };
  });
  await control.lease.renew();
  return done;
}

/**
 * What holds by leases alone waits for no policy to compile, and holds where nothing else can be changed any more: also what somebody
 * did to the stored configuration must not keep anybody from stopping it.
 */
export const IN_LEASES: readonly StoredContainment['verb'][] = ['kill', 'rotate-secret'];

/** Done again it does what it finds to do then; what was said once is not said twice. */
async function act(control: Control, by: By, containment: StoredContainment, perform: Act): Promise<Done> {
  const { verb, incident, at } = containment;
  const { once, way } = VERB_KINDS[verb];
  const same = (await listStored(control.store, 'containment', by.space))
    .find(({ body }) => isSame(body, containment) && (body.state === 'done' || body.state === 'applied'));
  if (same !== undefined && (way === 'kept' || (once === true && incident !== undefined))) return { contained: same, known: true };
  const id = same?.id ?? Bun.randomUUIDv7();
  await needRoom(control.store, by.space, at);
  const kept = async (body: StoredContainment): Promise<Contained> => {
    await putStored(control.store, 'containment', by.space, id, body, by.admin.id);
    return { id, space: by.space, body };
  };
  // Until it is done it has failed: a control that is killed here leaves no word that it was. What was done before stays done meanwhile.
  if (same === undefined) await kept({ ...containment, state: 'failed' });
  const { answer, result } = await perform(control, by, containment);
  const contained = await kept({ ...containment, state: way === 'kept' ? 'applied' : 'done', result });
  await control.lease.renew();
  return { contained, known: false, ...(answer === undefined ? {} : { answer }) };
}

function isSame(one: StoredContainment, other: StoredContainment): boolean {
  return Bun.deepEquals(keyOf(one), keyOf(other));
}

function keyOf({ verb, scope, incident, approvers, tokenAgeMaxS, digest, everywhere }: StoredContainment): Json {
  return [verb, scope.target, scope.name, incident ?? null, approvers ?? null, tokenAgeMaxS ?? null, digest ?? null, everywhere ?? null];
}

/** Every one stands in each lease or snapshot; ended ones make room, oldest first. */
async function needRoom(rows: Rows, space: string, now: number): Promise<void> {
  const all = await listStored(rows, 'containment', space);
  const active = all.filter(({ body }) => holds(body, now)).length;
  if (active >= LIMITS.containmentsMax) {
    throw new SallyportError('ERR_REQUEST_INVALID', `${LIMITS.containmentsMax} containments hold in this space`, {
      remedy: 'Lift some, or contain more at once.',
    });
  }
  // What ended tokens does so for as long as one of them could live: without its row they would live again.
  const isOver = ({ state, verb, at }: StoredContainment): boolean =>
    state !== 'applied' && (verb !== 'revoke-tokens' || now - at >= LIMITS.tokenLifetimeMsMax);
  const ended = all.filter(({ body }) => isOver(body)).toSorted((one, other) => one.body.at - other.body.at);
  const over = ended.slice(0, Math.max(0, ended.length - LIMITS.containmentsEndedKept));
  for (const { id } of over) await rows.delete('containment', space, id, { by: 'control' });
}

/** On record: what was contained, why, and how much of what it met. */
export async function recordOf(
  { record }: Pick<Control, 'record'>, { admin, space }: By, event: 'containment.applied' | 'containment.lifted' | 'containment.failed',
  { id, body }: Contained, more: JsonObject, error?: unknown,
): Promise<void> {
  const { verb, scope: { target, name }, incident, until, reason, touched } = body;
  await record({
    event, space, ...whoOf(admin), action: `containment.${verb}`, reason,
    ...(error === undefined ? {} : { code: error instanceof SallyportError ? error.code : 'ERR_INTERNAL' }),
    ...(target === 'server' ? { server: name } : {}), ...(target === 'context' ? { context: name } : {}), ...(target === 'agent' ? { agent: name } : {}),
    detail: {
      ...(id === '' ? {} : { id }), verb, target, ...(name === '' ? {} : { [target === 'principal' ? 'person' : 'of']: name }),
      ...(incident === undefined ? {} : { incident }), ...(until === undefined ? {} : { until }), wide: isWide(body.scope),
      touched: Object.fromEntries(Object.entries(touched).map(([kind, { count }]) => [kind, count])), ...more,
    },
  });
}
