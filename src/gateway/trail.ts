import type { ErrorCode, SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Finding } from '../domain/finding.ts';
import type { Inbound } from '../domain/inbound.ts';
import { eraOf, type Message } from '../domain/message.ts';
import { DEFAULT_SPACE, type Principal } from '../domain/principal.ts';
import type { Journal, JournalRecord, RecordEvent } from '../domain/record.ts';
import { redact, redactDetail } from '../domain/redacted.ts';
import type { TraceContext } from '../domain/telemetry.ts';
import type { Verdict } from '../domain/verdict.ts';
import { fingerprintOf } from '../identity/credential.ts';
import { rungOf } from '../mcp/ladder.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createStages } from './trail-stages.ts';
import { answerOf, askedOf, type Content, type ContentOptions } from './trail-content.ts';
import { callerOf, clientOf, identityOf, reasonsOf, standingOf } from './trail-words.ts';
import { uuidv7 } from './uuid.ts';

/**
 * The records of one exchange, each written before what it tells of happens (invariant 5). `call.permitted` opens it and
 * exactly one closing event ends it, whichever way the call goes: delivered, withheld, failed or cancelled.
 */
export interface Trail {
  /** UUIDv7; the id a client is told. */
  readonly id: string;
  /** The trace that it is a part of, and our span in it. */
  readonly trace: TraceContext;
  /** From here on what the message says of its trace counts. Gives the message back. */
  said<M extends Message>(message: M): M;
  /** From here on records name the caller; they are its own, and no flood of strangers can crowd them out. */
  calledBy(principal: Principal): void;
  /** From here on records name the server and the tool, too. */
  belongsTo(exchange: Exchange): void;
  /** The message and the exchange are what is sent: from here on records are about that. */
  decided(decided: Decided, verdict: Verdict): Promise<void>;
  /** Resolves with the bytes of what came back. */
  passed(answer: Passed): Promise<number>;
  /** Records what went wrong, as a refusal before the permit and as a failure after it. Never rejects. */
  failed(fault: SallyportError, cancelled: boolean): Promise<void>;
  /** Closes what is still open. Never rejects. */
  end(): Promise<void>;
}

/** A message that was decided, and by what. */
export interface Decided {
  readonly message: Message;
  readonly exchange: Exchange;
  readonly known: { readonly findings: readonly Finding[] };
  /** Of detectors that only look. */
  readonly shadow?: readonly Finding[];
}

/** What came back, and what holds for it. */
export interface Passed {
  readonly message: Message;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly shadow?: readonly Finding[];
  /** What was taken out of it. */
  readonly sanitised?: readonly string[];
}

export interface TrailOptions extends ContentOptions {
  readonly node: string;
  readonly journal: Journal;
  /** Takes refusals that no authenticated caller stands behind: floods of them are recorded in aggregate (invariant 10). */
  readonly floods: { refuse(record: JournalRecord): Promise<void> };
  readonly now: () => number;
  /** Told of each refusal of a known caller. */
  readonly refused: (principal: Principal, code: ErrorCode) => void;
  readonly telemetry: Pick<Telemetry, 'begin'>;
}

/** What is known of an HTTP exchange whether or not it becomes a message. */
export type Knock = Pick<Inbound, 'address' | 'receivedAt'> & Partial<Pick<Inbound, 'route' | 'headers' | 'trace' | 'internal'>>;

const NOTHING: Content = { fields: {} };

export function openTrail(options: TrailOptions, inbound: Knock): Trail {
  const course = new Course(options, inbound);
  const { seen, stages } = course;
  return {
    id: course.id,
    get trace() {
      return seen.trace;
    },
    said(message) {
      seen.said(message);
      return message;
    },
    calledBy(principal) {
      course.caller = principal;
      seen.known();
      course.who = callerOf(principal);
      stages.mark('identify');
    },
    belongsTo(exchange) {
      course.who = identityOf(exchange);
      course.asked = exchange;
      seen.belongsTo(exchange);
      stages.mark('resolve');
    },
    decided: (what, verdict) => decided(course, what, verdict),
    passed: (answer) => passed(course, answer),
    failed: (fault, cancelled) => failed(course, fault, cancelled),
    async end() {
      seen.end();
      if (!course.open) return;
      course.open = false;
      await settle(options.journal.append(course.record('execution', 'call.cancelled', {})));
    },
  };
}

/** How far one exchange has come, and what is known of it by then. */
class Course {
  readonly id: string;
  readonly options: TrailOptions;
  readonly inbound: Knock;
  readonly stages = createStages();
  readonly seen: ReturnType<Telemetry['begin']>;
  who: Partial<JournalRecord> | undefined;
  caller: Principal | undefined;
  asked: Exchange | undefined;
  /** What policy was asked before it was sent. */
  before: Verdict['decision']['asked'] | undefined;
  open = false;

  constructor(options: TrailOptions, inbound: Knock) {
    this.id = uuidv7(inbound.receivedAt);
    this.options = options;
    this.inbound = inbound;
    this.seen = options.telemetry.begin(inbound);
  }

  /** `named`: the id that its content is bound to. */
  record(category: JournalRecord['category'], event: RecordEvent, more: Partial<JournalRecord>, content = NOTHING, named?: string): JournalRecord {
    const { options, inbound, asked } = this;
    const { route } = inbound;
    const at = options.now();
    return {
      id: named ?? uuidv7(at),
      at,
      category,
      event,
      node: options.node,
      space: route?.space ?? DEFAULT_SPACE,
      exchange: this.id,
      address: inbound.address,
      // A place that nobody knows is the caller's own words.
      ...(route === undefined ? {} : { route: asked === undefined ? redact(`${route.kind}:${route.name}`) : `${route.kind}:${route.name}` }),
      trace: (asked?.trace ?? this.seen.trace).ids,
      ...this.who,
      latencyMs: at - inbound.receivedAt,
      stages: this.stages.taken(),
      ...more,
      ...content.fields,
    };
  }

  async append(record: JournalRecord, content: Content): Promise<void> {
    await this.options.journal.append(record, content.body);
    this.stages.mark('record');
  }

  refuse(code: ErrorCode): void {
    this.seen.failed(code, rungOf(code, this.asked === undefined ? 'legacy' : eraOf(this.asked.revision)).rpcCode);
  }

  /** What a record is to say in `detail` before its content is known. */
  get told(): Pick<JournalRecord, 'detail'> {
    return this.who?.detail === undefined ? {} : { detail: this.who.detail };
  }
}

async function decided(course: Course, { message, exchange, known, shadow = [] }: Decided, verdict: Verdict): Promise<void> {
  if (course.asked !== undefined) course.asked = exchange;
  const { asked, caller, options } = course;
  course.stages.mark('decide');
  const opens = message.kind === 'request';
  const permitted = verdict.outcome === 'permit';
  const event = permitted ? (opens ? 'call.permitted' : 'message.permitted') : 'call.denied';
  if (asked !== undefined) course.who = { ...course.who, ...clientOf(asked, message) };
  course.before = verdict.decision.asked;
  const ends = permitted && asked !== undefined ? { standing: standingOf(asked) } : {};
  const reasons = reasonsOf(verdict);
  const named = uuidv7(options.now());
  const bound = { id: named, ...course.told, ...reasons };
  const content = asked === undefined ? NOTHING : await askedOf(bound, message, course.before, { findings: known.findings, shadow }, asked, options);
  await course.append(course.record('access', event, { ...reasons, ...ends }, content, named), content);
  course.open = permitted && opens;
  if (permitted) return;
  course.refuse(verdict.code);
  if (caller !== undefined) options.refused(caller, verdict.code);
}

async function passed(course: Course, { message: answer, verdict, findings, shadow = [], sanitised = [] }: Passed): Promise<number> {
  const { asked, options } = course;
  const final = course.open && (answer.kind === 'result' || answer.kind === 'error') && answer.from === 'server';
  course.stages.mark('upstream');
  if (final && verdict.outcome === 'permit') course.seen.answered(answer);
  else if (final && verdict.outcome === 'denial') course.refuse(verdict.code);
  const event = verdict.outcome === 'permit' ? (final ? 'result.delivered' : 'message.permitted') : final ? 'result.withheld' : 'message.denied';
  const reasons = reasonsOf(verdict, sanitised.length === 0 ? {} : { sanitised });
  const named = uuidv7(options.now());
  const questions = verdict.decision.asked === course.before ? undefined : verdict.decision.asked;
  const bound = { id: named, ...course.told, ...reasons };
  const content = asked === undefined ? NOTHING : await answerOf(bound, answer, questions, { findings, shadow }, asked, options);
  await course.append(course.record('execution', event, reasons, content, named), content);
  if (final) course.open = false;
  return content.fields.sizeBytes ?? 0;
}

async function failed(course: Course, fault: SallyportError, cancelled: boolean): Promise<void> {
  const { who, caller, options } = course;
  const { code, message, internal } = fault;
  course.refuse(code);
  const detail = internal === undefined ? {} : { detail: redactDetail({ internal: redact(internal) }) };
  const what = { code, reason: redact(message), ...detail, ...credentialOf(code, course.inbound) };
  if (!course.open) {
    if (caller !== undefined) options.refused(caller, fault.code);
    const refused = course.record('access', 'call.refused', what);
    await settle(who === undefined ? options.floods.refuse(refused) : options.journal.append(refused));
    return;
  }
  course.open = false;
  await settle(options.journal.append(course.record('error', cancelled ? 'call.cancelled' : 'call.failed', what)));
}

/** Of a credential that was refused, enough to find its owner and no more. */
function credentialOf(code: ErrorCode, { headers }: Knock): Partial<JournalRecord> {
  const authorization = headers?.get('authorization') ?? undefined;
  const isAboutIt = /^ERR_(?:TOKEN_|PROOF_|AGENT_|ISSUER_|HEADER_REPEATED$)/.test(code);
  return authorization === undefined || !isAboutIt ? {} : { fingerprint: fingerprintOf(authorization) };
}

/**
 * A closing record that can't be written leaves the call dangling, and the ledger closes it as `call.unknown` when this
 * node says hello again: nothing more can be done here, and nothing more is sent.
 */
async function settle(appended: Promise<unknown>): Promise<void> {
  await appended.catch(() => undefined);
}
