import type { ErrorCode, SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
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
  decided(message: Message, verdict: Verdict): Promise<void>;
  /** Resolves with the bytes of what came back. */
  passed(answer: Message, verdict: Verdict): Promise<number>;
  /** Records what went wrong, as a refusal before the permit and as a failure after it. Never rejects. */
  failed(fault: SallyportError, cancelled: boolean): Promise<void>;
  /** Closes what is still open. Never rejects. */
  end(): Promise<void>;
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
  const id = uuidv7(inbound.receivedAt);
  const { route } = inbound;
  const stages = createStages();
  const seen = options.telemetry.begin(inbound);
  let who: Partial<JournalRecord> | undefined;
  let caller: Principal | undefined;
  let asked: Exchange | undefined;
  let answered: Verdict['decision']['asked'] | undefined;
  let open = false;

  /** `named`: the id that its content is bound to. */
  const record = (
    category: JournalRecord['category'], event: RecordEvent, more: Partial<JournalRecord>, content = NOTHING, named?: string,
  ): JournalRecord => {
    const at = options.now();
    return {
      id: named ?? uuidv7(at),
      at,
      category,
      event,
      node: options.node,
      space: route?.space ?? DEFAULT_SPACE,
      exchange: id,
      address: inbound.address,
      ...(route === undefined ? {} : { route: asked === undefined ? redact(`${route.kind}:${route.name}`) : `${route.kind}:${route.name}` }),
      trace: (asked?.trace ?? seen.trace).ids,
      ...who,
      latencyMs: at - inbound.receivedAt,
      stages: stages.taken(),
      ...more,
      ...content.fields,
    };
  };
  const told = (): Pick<JournalRecord, 'detail'> => (who?.detail === undefined ? {} : { detail: who.detail });
  const append = async (written: JournalRecord, content: Content): Promise<void> => {
    await options.journal.append(written, content.body);
    stages.mark('record');
  };

  const refuse = (code: ErrorCode): void => seen.failed(code, rungOf(code, asked === undefined ? 'legacy' : eraOf(asked.revision)).rpcCode);

  return {
    id,
    get trace() {
      return seen.trace;
    },
    said(message) {
      seen.said(message);
      return message;
    },
    calledBy(principal) {
      caller = principal;
      seen.known();
      who = callerOf(principal);
      stages.mark('identify');
    },
    belongsTo(exchange) {
      who = identityOf(exchange);
      asked = exchange;
      seen.belongsTo(exchange);
      stages.mark('resolve');
    },
    async decided(message, verdict) {
      stages.mark('decide');
      const opens = message.kind === 'request';
      const permitted = verdict.outcome === 'permit';
      const event = permitted ? (opens ? 'call.permitted' : 'message.permitted') : 'call.denied';
      if (asked !== undefined) who = { ...who, ...clientOf(asked, message) };
      answered = verdict.decision.asked;
      const ends = permitted && asked !== undefined ? { standing: standingOf(asked) } : {};
      const reasons = reasonsOf(verdict);
      const named = uuidv7(options.now());
      const content = asked === undefined ? NOTHING : await askedOf({ id: named, ...told(), ...reasons }, message, verdict.decision.asked, asked, options);
      await append(record('access', event, { ...reasons, ...ends }, content, named), content);
      open = permitted && opens;
      if (verdict.outcome === 'denial') refuse(verdict.code);
      if (caller !== undefined && verdict.outcome === 'denial') options.refused(caller, verdict.code);
    },
    async passed(answer, verdict) {
      const final = open && (answer.kind === 'result' || answer.kind === 'error') && answer.from === 'server';
      stages.mark('upstream');
      if (final && verdict.outcome === 'permit') seen.answered(answer);
      else if (final && verdict.outcome === 'denial') refuse(verdict.code);
      const event = verdict.outcome === 'permit' ? (final ? 'result.delivered' : 'message.permitted') : final ? 'result.withheld' : 'message.denied';
      const reasons = reasonsOf(verdict);
      const named = uuidv7(options.now());
      const questions = verdict.decision.asked === answered ? undefined : verdict.decision.asked;
      const content = asked === undefined ? NOTHING : await answerOf({ id: named, ...told(), ...reasons }, answer, questions, asked, options);
      await append(record('execution', event, reasons, content, named), content);
      if (final) open = false;
      return content.fields.sizeBytes ?? 0;
    },
    async failed(fault, cancelled) {
      const { code, message, internal } = fault;
      refuse(code);
      const what = {
        code, reason: redact(message), ...(internal === undefined ? {} : { detail: redactDetail({ internal: redact(internal) }) }), ...credentialOf(code, inbound),
      };
      if (!open) {
        if (caller !== undefined) options.refused(caller, fault.code);
        const refused = record('access', 'call.refused', what);
        await settle(who === undefined ? options.floods.refuse(refused) : options.journal.append(refused));
        return;
      }
      open = false;
      await settle(options.journal.append(record('error', cancelled ? 'call.cancelled' : 'call.failed', what)));
    },
    async end() {
      seen.end();
      if (!open) return;
      open = false;
      await settle(options.journal.append(record('execution', 'call.cancelled', {})));
    },
  };
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
