import { accessRequestsOf } from '../../audit/access-request.ts';
import { openBody, unwrapDataKey } from '../../audit/open-body.ts';
import { quote } from '../../audit/query/rewrite.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { createReplay, REPLAYED_EVENTS, type Payload, type Replay, type Step } from '../../policy/simulate/replay.ts';
import { createTally } from '../../policy/simulate/report.ts';
import { createSettler } from '../../policy/simulate/settle.ts';
import { needMayAsk, principalOf, viewFor } from '../audit/people.ts';
import type { WithPayload } from '../audit/reader.ts';
import { timesOf } from '../audit/times.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { openRetentionKey } from '../retention/keys.ts';
import { candidateOf, type Candidate } from './candidate.ts';
import { shadowOf } from './explain.ts';
import type { SimulateWish } from './schema.ts';

/** One decision of the window, made again. */
export interface ReplayedStep {
  readonly step: Step;
  readonly request: ReturnType<typeof accessRequestsOf>[number] | undefined;
}

/** How far it has come, once a page of records. */
export interface Progress {
  readonly decisions: number;
  /** When the last record that was read was written, epoch ms. */
  readonly at: number;
}

/**
 * Decides what was recorded in a window again, by another snapshot: one line of progress now and then, then the report. Payloads are
 * opened only with a reason, by who may *investigate*: which decision comes of them says something of what is in them.
 */
export async function simulate(control: Control, by: By, wish: SimulateWish, signal: AbortSignal): Promise<AsyncIterable<Json>> {
  const { candidate: wanted = {}, reason, reveal: isRevealed = false } = wish;
  const candidate = await candidateOf(control, by, wanted);
  const opens = await mayOpen(control, by, reason);
  const view = await viewFor(control, by.admin, by.space, isRevealed);
  await control.record({
    event: 'policy.simulated', space: by.space, ...whoOf(by.admin), ...(reason === undefined ? {} : { reason }),
    detail: { since: wish.since, until: wish.until ?? control.now(), payloads: opens, of: Object.keys(wanted), ...(isRevealed ? { revealed: true } : {}) },
  });
  const erasures = await erasuresSince(control, by, wish.since);
  return withFaults(report(replayed(control, by, candidate, wish, opens, signal), view, { payloads: opens, erasures }));
}

async function* report(steps: ReturnType<typeof replayed>, view: (one: JsonObject) => JsonObject, more: JsonObject): AsyncGenerator<Json> {
  const tally = createTally();
  let damaged = 0;
  for await (const found of steps) {
    if ('damaged' in found) ({ damaged } = found);
    else if ('at' in found) yield { progress: { ...found } };
    else tally.add(found.step, shadowOf(found.step.record.detail));
  }
  const { examples, ...rest } = tally.report();
  const shown = examples.map((one): Json => view(JSON.parse(JSON.stringify(one))));
  yield { report: { ...JSON.parse(JSON.stringify(rest)), examples: shown, damaged, ...more } };
}

/** What goes wrong when much was said already is the last thing that is said. */
export async function* withFaults(lines: AsyncIterable<Json>): AsyncGenerator<Json> {
  try {
    yield* lines;
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    const { code, message, remedy } = error;
    yield { failed: { code, message, ...(remedy === undefined ? {} : { remedy }) } };
  }
}

type Window = Pick<SimulateWish, 'since' | 'until' | 'agent' | 'server' | 'tool' | 'principal'>;

/** Every decision of a window under a candidate, oldest first; memory does not grow with the window. */
export async function* replayed(
  control: Control, by: By, { program, ceilings }: Candidate, window: Window, opens: boolean, signal: AbortSignal,
): AsyncGenerator<ReplayedStep | Progress | { readonly damaged: number }> {
  const replay = createReplay(createSettler(program, ceilings));
  const opener = createOpener(control);
  const question = await questionOf(control, by, window);
  let decisions = 0;
  for await (const one of control.ledger.payloads({ space: by.space, question, now: control.now(), payloads: opens }, signal)) {
    if ('damaged' in one) {
      yield one;
      continue;
    }
    const next = await again(replay, opener, one, opens);
    if (next === undefined) continue;
    decisions += 1;
    yield next;
    if (decisions % LIMITS.queryRecordsMax === 0) yield { decisions, at: next.step.record.at };
  }
}

async function again(replay: Replay, opener: Opener, found: WithPayload, opens: boolean): Promise<ReplayedStep | undefined> {
  const record: JournalRecord = JSON.parse(JSON.stringify(found.record));
  const { payload, opened } = await opener(record, found, opens);
  const requests = accessRequestsOf(record, opened);
  const step = replay.next({ record, requests, payload });
  return step && { step, request: requests[0] };
}

/** How often evidence of the space was erased since then: what those records decided, nobody can decide again. */
async function erasuresSince({ ledger, now }: Control, { space }: By, since: number): Promise<number> {
  const question = [...timesOf(since, undefined), 'event = evidence.erased', 'role = control'].join(' and ');
  return (await ledger.search({ space, question, now: now(), order: 'newest', limit: LIMITS.queryRecordsMax })).entries.length;
}

/** Whether payloads are opened: where there is a reason, and who asks may. */
export async function mayOpen({ admins }: Control, { admin, space }: By, reason: string | undefined): Promise<boolean> {
  if (reason === undefined) return false;
  return (await admins.decide(admin, { access: 'investigate', space, part: 'audit' })).outcome === 'allow';
}

async function questionOf(control: Control, { admin, space }: By, { since, until, principal, agent, server, tool }: Window): Promise<string> {
  if (principal !== undefined) await needMayAsk(control, admin, space, [{ id: principal }]);
  const who = principal === undefined ? {} : { principal: await principalOf(control, space, principal) };
  const conditions = Object.entries({ agent, server, tool, ...who }).flatMap(([field, value]) => (value === undefined ? [] : [`${field} = ${quote(value)}`]));
  const events = REPLAYED_EVENTS.map((event) => `event = ${event}`).join(' or ');
  return [`(${events})`, ...timesOf(since, until ?? control.now()), ...conditions].join(' and ');
}

type Opener = (record: JournalRecord, found: WithPayload, opens: boolean) => Promise<{ readonly payload: Payload; readonly opened?: JsonObject }>;

/** Opens payloads with the keys of their time, each of which is unwrapped once. Throws `ERR_VAULT_*`. */
function createOpener({ store, vault }: Control): Opener {
  const keys = new Map<string, Promise<Uint8Array | undefined>>();
  const keyOf = (key: NonNullable<WithPayload['key']>): Promise<Uint8Array | undefined> => {
    const known = keys.get(key.wrapped) ?? openRetentionKey(store, vault.sealer, key)
      .then((identity) => (identity === undefined ? undefined : unwrapDataKey(identity, key.wrapped)));
    keys.set(key.wrapped, known);
    return known;
  };
  return async ({ id, exchange, category, detail }, { held, sealed, key }, opens) => {
    const kept = isObject(detail) ? detail['body'] : undefined;
    // Of an answer nothing but its findings is judged.
    if (category !== 'access') return { payload: 'none', opened: {} };
    if (kept === 'not-kept' || kept === 'too-large') return { payload: kept };
    if (!held) return { payload: 'none', opened: {} };
    if (!opens) return { payload: 'closed' };
    if (sealed === null || sealed === undefined) return { payload: 'expired' };
    try {
      const opened = key === null || key === undefined ? undefined : await keyOf(key);
      return opened === undefined ? { payload: 'erased' } : { payload: 'open', opened: openBody(opened, sealed, { exchange, record: id }) };
    } catch (error) {
      if (error instanceof SallyportError && error.code === 'ERR_BODY_UNREADABLE') return { payload: 'unreadable' };
      throw error;
    }
  };
}
