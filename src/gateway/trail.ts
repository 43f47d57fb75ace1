import type { ErrorCode, SallyportError } from '../domain/errors.ts';
import type { Resource } from '../domain/decision.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Inbound } from '../domain/inbound.ts';
import type { Message } from '../domain/message.ts';
import { DEFAULT_SPACE, type Principal } from '../domain/principal.ts';
import type { Journal, JournalRecord, RecordEvent } from '../domain/record.ts';
import type { Verdict } from '../domain/verdict.ts';
import { fingerprintOf } from '../identity/credential.ts';
import { textOf } from '../mcp/encode.ts';
import { uuidv7 } from './uuid.ts';

/**
 * The records of one exchange, each written before what it tells of happens (invariant 5). `call.permitted` opens it and
 * exactly one closing event ends it, whichever way the call goes: delivered, withheld, failed or cancelled.
 */
export interface Trail {
  /** UUIDv7; the id a client is told. */
  readonly id: string;
  /** From here on records name the caller; they are its own, and no flood of strangers can crowd them out. */
  calledBy(principal: Principal): void;
  /** From here on records name the server and the tool, too. */
  belongsTo(exchange: Exchange): void;
  decided(message: Message, verdict: Verdict): Promise<void>;
  passed(answer: Message, verdict: Verdict): Promise<void>;
  /** Records what went wrong, as a refusal before the permit and as a failure after it. Never rejects. */
  failed(fault: SallyportError, cancelled: boolean): Promise<void>;
  /** Closes what is still open. Never rejects. */
  end(): Promise<void>;
}

export interface TrailOptions {
  readonly node: string;
  readonly journal: Journal;
  /** Takes refusals that no authenticated caller stands behind: floods of them are recorded in aggregate (invariant 10). */
  readonly floods: { refuse(record: JournalRecord): Promise<void> };
  readonly now: () => number;
  /** Told of each refusal of a known caller. */
  readonly refused: (principal: Principal, code: ErrorCode) => void;
  /** Salted commitment of data: what a record may say of a payload. */
  readonly commit: (data: string) => string;
}

/** What is known of an HTTP exchange whether or not it becomes a message. */
export type Knock = Pick<Inbound, 'address' | 'receivedAt'> & Partial<Pick<Inbound, 'route' | 'headers'>>;

export function openTrail(options: TrailOptions, inbound: Knock): Trail {
  const id = uuidv7(inbound.receivedAt);
  const { route } = inbound;
  let who: Partial<JournalRecord> | undefined;
  let caller: Principal | undefined;
  let asked: Exchange | undefined;
  let open = false;

  const record = (category: JournalRecord['category'], event: RecordEvent, more: Partial<JournalRecord>): JournalRecord => ({
    id: uuidv7(options.now()),
    at: options.now(),
    category,
    event,
    node: options.node,
    space: route?.space ?? DEFAULT_SPACE,
    exchange: id,
    address: inbound.address,
    ...(route === undefined ? {} : { route: `${route.kind}:${route.name}` }),
    ...who,
    latencyMs: options.now() - inbound.receivedAt,
    ...more,
  });

  return {
    id,
    calledBy(principal) {
      caller = principal;
      who = callerOf(principal);
    },
    belongsTo(exchange) {
      who = identityOf(exchange);
      asked = exchange;
    },
    async decided(message, verdict) {
      const opens = message.kind === 'request';
      const permitted = verdict.outcome === 'permit';
      const event = permitted ? (opens ? 'call.permitted' : 'message.permitted') : 'call.denied';
      const ends = permitted && asked !== undefined ? { standing: standingOf(asked) } : {};
      await options.journal.append(record('access', event, { ...contentOf(message, options.commit), ...reasonsOf(verdict), ...ends }));
      open = permitted && opens;
      if (caller !== undefined && verdict.outcome === 'denial') options.refused(caller, verdict.code);
    },
    async passed(answer, verdict) {
      const final = open && (answer.kind === 'result' || answer.kind === 'error') && answer.from === 'server';
      const event = verdict.outcome === 'permit' ? (final ? 'result.delivered' : 'message.permitted') : final ? 'result.withheld' : 'message.denied';
      await options.journal.append(record('execution', event, { ...contentOf(answer, options.commit), ...reasonsOf(verdict) }));
      if (final) open = false;
    },
    async failed(fault, cancelled) {
      const { code, message: reason, internal } = fault;
      const detail = { code, reason, ...(internal === undefined ? {} : { detail: internal }), ...credentialOf(code, inbound) };
      if (!open) {
        if (caller !== undefined) options.refused(caller, fault.code);
        const refused = record('access', 'call.refused', detail);
        await settle(who === undefined ? options.floods.refuse(refused) : options.journal.append(refused));
        return;
      }
      open = false;
      await settle(options.journal.append(record('error', cancelled ? 'call.cancelled' : 'call.failed', detail)));
    },
    async end() {
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

function callerOf({ id, agent, actors }: Principal): Partial<JournalRecord> {
  return { principal: id, agent, ...(actors.length > 0 ? { actors } : {}) };
}

/** What `switchedOff` (guard.ts) looks at: control looks at the same before it releases a credential for the call. */
function standingOf({ principal, onBehalfOf, startedAt }: Exchange): NonNullable<JournalRecord['standing']> {
  const callers = [principal, onBehalfOf];
  const credentials = callers.flatMap(({ credential, grant }) => (grant === undefined ? [credential] : [credential, grant]));
  return { credentials: [...new Set(credentials)], issuedAt: startedAt - Math.max(...callers.map(({ tokenAgeMs }) => tokenAgeMs)) };
}

function identityOf(exchange: Exchange): Partial<JournalRecord> {
  const { principal, onBehalfOf, flow, call, server, tool, dispatchers = [], session, snapshot } = exchange;
  return {
    exchange: exchange.id,
    context: flow,
    ...callerOf(principal),
    ...(onBehalfOf.id === principal.id && onBehalfOf.agent === principal.agent ? {} : { onBehalfOf: callerOf(onBehalfOf) }),
    ...(session === undefined ? {} : { session: session.key }),
    revision: exchange.revision,
    method: call.method,
    action: call.action,
    server: server.id,
    ...(call.resource.name === '' ? {} : { tool: nameOf(call.resource) }),
    ...(dispatchers.length === 0 ? {} : { dispatchers: dispatchers.map((one) => one.resource.name) }),
    ...(tool === undefined ? {} : { definition: tool.digest }),
    snapshot: snapshot.version,
    ...(exchange.examine === undefined ? {} : { detail: { examine: exchange.examine } }),
  };
}

/**
 * A resource's URI without what may be a secret in it: user and password, query, fragment, the payload of `data:`. The
 * commitment of the params holds the whole of it.
 */
function nameOf({ kind, name }: Resource): string {
  if (kind !== 'resource') return name;
  if (name.startsWith('data:')) return 'data:…';
  const end = name.search(/[?#]/);
  return (end < 0 ? name : `${name.slice(0, end)}…`).replace(/^([^:/]*:\/\/)[^/]*@/, '$1…@');
}

/** What was said, as a salted commitment and a size: never the words (DESIGN part 5). */
function contentOf(message: Message, commit: TrailOptions['commit']): Partial<JournalRecord> {
  const text = message.kind === 'error' ? `{"code":${message.error.code}}` : bodyText(message);
  return text === undefined ? {} : { digest: commit(text), sizeBytes: text.length };
}

function bodyText(message: Exclude<Message, { kind: 'error' }>): string | undefined {
  if (message.kind === 'result') return textOf(message.result);
  return message.params === undefined ? undefined : textOf(message.params);
}

function reasonsOf(verdict: Verdict): Partial<JournalRecord> {
  const { policies, errors, obligations } = verdict.decision;
  // What had to be met is told in the words of the policy.
  const gates = (verdict.outcome === 'permit' ? (verdict.met ?? []) : obligations).map(({ kind, value, policy }) => ({ kind, value, policy }));
  return {
    ...(policies.length > 0 ? { policies } : {}),
    ...(gates.length > 0 ? { detail: { gates } } : {}),
    ...(errors.length > 0 ? { detail: errors } : {}),
    ...(verdict.outcome === 'denial' ? { code: verdict.code, reason: verdict.reason } : {}),
  };
}
