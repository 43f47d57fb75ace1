import type { AccessRequest } from '../../domain/decision.ts';
import type { Finding } from '../../domain/finding.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { REGISTRY_PRINCIPAL_ID } from '../../domain/principal.ts';
import type { JournalRecord, RecordEvent } from '../../domain/record.ts';
import type { Labels } from '../../domain/server.ts';
import { createDivergence, type Diverged } from './divergence.ts';
import { changeOf, combined, lifted, recordedJudgement, type Change, type Recorded, type Simulated } from './judged.ts';
import type { Settler, Unknown } from './settle.ts';

/** What is known of a record's payload: `none`: it never had one. The others say why its arguments are not known. */
export type Payload = 'open' | 'none' | 'not-kept' | 'too-large' | 'expired' | 'erased' | 'unreadable' | 'closed';

/** One recorded message, and what the requests of its decision were. */
export interface Replayed {
  readonly record: JournalRecord;
  readonly requests: readonly AccessRequest[];
  readonly payload: Payload;
}

/**
 * Why a decision can't be made again: its payload (`not-kept` …), the labels of its context (`flow`: nobody asked for them then;
 * `other-flow`: under this snapshot the context would have been given other things before), findings that did not fit into the
 * record, what transforms had changed before it was decided, or the call of an answer that is not in what was read.
 */
export type Undecidable = Exclude<Payload, 'open' | 'none'> | 'flow' | 'other-flow' | 'findings' | 'changed' | 'no-call';

export interface Step {
  readonly record: JournalRecord;
  readonly kind: 'call' | 'answer' | 'question';
  readonly was: Recorded;
  readonly is?: Simulated;
  readonly undecidable?: Undecidable;
  readonly change?: Change;
}

/** What was recorded, decided again by another snapshot: oldest first, one record at a time. */
export interface Replay {
  /** Undefined: it decided nothing, or would not have been there to be decided. */
  next(replayed: Replayed): Step | undefined;
}

/** The records that a replay needs, in the order of their positions. */
export const REPLAYED_EVENTS = [
  'call.permitted', 'call.denied', 'message.permitted', 'message.denied', 'result.delivered', 'result.withheld', 'call.cancelled', 'call.failed',
  'call.unknown',
] as const satisfies readonly RecordEvent[];

const ENDS: ReadonlySet<string> = new Set(['result.delivered', 'result.withheld', 'call.cancelled', 'call.failed', 'call.unknown']);
const LOST: ReadonlySet<string> = new Set(['call.cancelled', 'call.failed', 'call.unknown']);
/** What servers ask of clients. */
const QUESTIONS: ReadonlySet<string> = new Set(['sample', 'elicit', 'roots']);
/** What gives an agent nothing but what was approved. */
const CARRIES_NOTHING: ReadonlySet<string | undefined> = new Set(['connect', 'list']);
const REWRITES = /^(?:redact|tokenise|restore)(?::| )/;

interface Open {
  readonly requests: readonly AccessRequest[];
  readonly findings: readonly Finding[];
  readonly unknown: ReadonlySet<Unknown>;
  readonly why: Undecidable | undefined;
  readonly is: Simulated | undefined;
  /** What its context carried then. */
  readonly labels: Labels | undefined;
}

export function createReplay(settler: Settler): Replay {
  const open = new Map<string, Open>();
  const contexts = createDivergence();

  const call = (replayed: Replayed): Step | undefined => {
    const { record, requests } = replayed;
    if (requests.length === 0) return undefined;
    const { unknown, why } = unknownOf(replayed, contexts.of(record));
    const is = combined(requests.map((request) => settler.settle(request, unknown)));
    const was = recordedJudgement(record);
    const step = stepOf(record, 'call', was, is, why);
    if (record.event === 'call.permitted') {
      if (open.size >= LIMITS.simulatedOpenMax) open.delete(open.keys().next().value ?? '');
      open.set(record.exchange, { requests, findings: record.findings ?? [], unknown, why, is, labels: record.labels });
    }
    if (CARRIES_NOTHING.has(record.action)) return step;
    if (was.passed && !passes(is, was)) contexts.lose(record, record.labels);
    else if (!was.passed && isOpened(step)) contexts.gain(record);
    return step;
  };

  const answer = (replayed: Replayed): Step | undefined => {
    const { record, requests } = replayed;
    const asked = open.get(record.exchange);
    if (ENDS.has(record.event)) open.delete(record.exchange);
    if (LOST.has(record.event) || (asked !== undefined && asked.is?.outcome === 'deny')) return undefined;
    const questions = requests.filter(({ action }) => QUESTIONS.has(action));
    const kind = questions.length > 0 ? 'question' : 'answer';
    const was = withoutCover(recordedJudgement(record), kind, record);
    if (asked === undefined) return stepOf(record, kind, was, undefined, 'no-call');
    const { unknown, why } = unknownOfAnswer(asked, replayed);
    const found = record.findings ?? [];
    // What a server asks by a request of its own (legacy) is no answer to anything.
    const responds = kind === 'question' && record.event.startsWith('message.') ? [] : asked.requests.map((one) => respondTo(one, found));
    const is = lifted(combined([
      ...responds.map((one) => settler.settle(one, withoutPayload(unknown))),
      ...questions.map((one) => settler.settle(withFindings(one, [...asked.findings, ...found]), unknown)),
    ]), asked.is?.met ?? []);
    const step = stepOf(record, kind, was, is && withoutCover(is, kind, record), why ?? asked.why);
    if (was.passed && !passes(is, was)) contexts.lose(record, asked.labels);
    else if (!was.passed && isOpened(step)) contexts.gain(record);
    return step;
  };

  return {
    next(replayed) {
      const { record } = replayed;
      if (record.principal === REGISTRY_PRINCIPAL_ID) return undefined;
      return record.category === 'access' ? call(replayed) : answer(replayed);
    },
  };
}

function stepOf(record: JournalRecord, kind: Step['kind'], was: Recorded, is: Simulated | undefined, why: Undecidable | undefined): Step {
  if (is === undefined) return { record, kind, was, undecidable: why ?? 'flow' };
  const change = changeOf(was, is);
  return { record, kind, was, is, ...(change === undefined ? {} : { change }) };
}

function unknownOf({ record, requests, payload }: Replayed, diverged: Diverged | undefined): Pick<Open, 'unknown' | 'why'> {
  const unknown = new Set<Unknown>();
  let why: Undecidable | undefined;
  const lose = (reason: Undecidable, ...what: readonly Unknown[]): void => {
    why ??= reason;
    for (const one of what) unknown.add(one);
  };
  const [first] = requests;
  if (isRewritten(record)) lose('changed', 'arguments', 'findings', 'provenance', 'flow');
  if (payload !== 'open' && payload !== 'none') {
    lose(payload, 'arguments');
    if (record.request?.principal.groups === undefined || first?.resource.kind === 'resource') unknown.add('identity');
  }
  if (diverged !== undefined) lose('other-flow', 'provenance', ...(diverged.flow ? ['flow' as const] : []));
  if (record.labels === undefined || record.request?.context.believed === true) lose('flow', 'flow');
  const isSink = unknown.has('arguments') || requests.some(({ context }) => Object.keys(context.arguments ?? {}).length > 0);
  if (isSink && record.request?.context.provenance === undefined) lose('flow', 'provenance');
  if ((record.findings?.length ?? 0) >= LIMITS.findingsPerRecordMax) lose('findings', 'findings');
  return { unknown, why };
}

/** What was known of the call is known of its answer; what was found in the call is no part of what is judged of that. */
function unknownOfAnswer(asked: Open, { record }: Replayed): Pick<Open, 'unknown' | 'why'> {
  const isMuch = (record.findings?.length ?? 0) >= LIMITS.findingsPerRecordMax;
  const unknown = new Set<Unknown>([...asked.unknown].filter((one) => one !== 'findings'));
  if (isMuch || isRewritten(record)) unknown.add('findings');
  return { unknown, why: isRewritten(record) ? 'changed' : isMuch ? 'findings' : undefined };
}

/** No policy reads arguments of what comes back. */
function withoutPayload(unknown: ReadonlySet<Unknown>): ReadonlySet<Unknown> {
  return new Set([...unknown].filter((one) => one !== 'arguments'));
}

/** The call as what comes back for it is judged: by what was known of it, and what was found in the answer. */
function respondTo(request: AccessRequest, findings: readonly Finding[]): AccessRequest {
  return { ...withFindings(request, findings), action: 'respond' };
}

function withFindings(request: AccessRequest, findings: readonly Finding[]): AccessRequest {
  return { ...request, context: { ...request.context, findings } };
}

/** Whether what was decided in the end was another text than came: what was found in that one is not on record. */
function isRewritten({ detail }: JournalRecord): boolean {
  const changed = isObject(detail) && isArray(detail['changed']) ? detail['changed'] : [];
  return changed.some((kind) => typeof kind === 'string' && REWRITES.test(`${kind} `));
}

/**
 * What nothing speaks of is as it was permitted: by which policies, its call says. So does the record of an answer with questions that
 * were all allowed; only what a server asks by a message of its own has a decision of its own.
 */
function withoutCover<J extends Recorded | Simulated>(judged: J, kind: Step['kind'], { event }: JournalRecord): J {
  if (judged.outcome !== 'allow' || (kind === 'question' && event.startsWith('message.'))) return judged;
  if (kind === 'question') return { ...judged, policies: [], transforms: [] };
  return judged.transforms.length === 0 ? { ...judged, policies: [] } : judged;
}

/** Whether it goes on as it did: what came of it then came of it here. */
function passes(is: Simulated | undefined, was: Recorded): boolean {
  if (is === undefined || is.outcome === 'deny') return false;
  const isSame = is.transforms.length === was.transforms.length && is.transforms.every((one) => was.transforms.includes(one));
  return isSame && is.gates.every((gate) => was.gates.includes(gate));
}

/** Whether more may come of it than did. */
function isOpened({ change, undecidable }: Step): boolean {
  return change === 'permitted' || change === 'obligations' || undecidable !== undefined;
}
