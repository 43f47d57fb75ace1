import type { Obligation, Resource } from '../domain/decision.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import type { Principal } from '../domain/principal.ts';
import type { JournalRecord } from '../domain/record.ts';
import { redact, redactDetail, type RecordText } from '../domain/redacted.ts';
import { STANDARD_CLASS } from '../domain/retention.ts';
import type { Verdict } from '../domain/verdict.ts';
import { isTransform } from '../policy/obligations.ts';

/* What the records of an exchange say of it besides what was said in it. */

const CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';
const TEXTS_REMEMBERED_MAX = 1_000;
const CLIENT_CHARS_MAX = 100;

export function callerOf({ id, kind, agent, actors }: Principal): Partial<JournalRecord> {
  return { principal: id, principalKind: kind, agent, ...(actors.length > 0 ? { actors } : {}) };
}

/** What `switchedOff` (guard.ts) looks at: control looks at the same before it releases a credential for the call. */
export function standingOf({ principal, onBehalfOf, startedAt }: Exchange): NonNullable<JournalRecord['standing']> {
  const callers = [principal, onBehalfOf];
  const credentials = callers.flatMap(({ credential, grant }) => (grant === undefined ? [credential] : [credential, grant]));
  return { credentials: [...new Set(credentials)], issuedAt: startedAt - Math.max(...callers.map(({ tokenAgeMs }) => tokenAgeMs)) };
}

export function identityOf(exchange: Exchange): Partial<JournalRecord> {
  const { principal, onBehalfOf, flow, call, server, tool, dispatchers = [], session, snapshot } = exchange;
  return {
    exchange: exchange.id,
    context: flow,
    ...callerOf(principal),
    ...(onBehalfOf.id === principal.id && onBehalfOf.agent === principal.agent ? {} : { onBehalfOf: behind(onBehalfOf) }),
    ...(session === undefined ? {} : { session: session.key }),
    revision: exchange.revision,
    method: call.method,
    action: call.action,
    server: server.id,
    ...(call.resource.name === '' ? {} : { tool: nameOf(call.resource) }),
    ...(dispatchers.length === 0 ? {} : { dispatchers: dispatchers.map((one) => one.resource.name) }),
    ...(tool === undefined ? {} : { definition: tool.digest }),
    ...(call.resource.effect === undefined ? {} : { effect: call.resource.effect }),
    ...(server.retention === undefined || server.retention === STANDARD_CLASS ? {} : { retention: server.retention }),
    snapshot: snapshot.version,
    ...(exchange.examine === undefined ? {} : { detail: redactDetail({ examine: exchange.examine }) }),
  };
}

function behind({ id, kind, agent, actors }: Principal): NonNullable<JournalRecord['onBehalfOf']> {
  return { principal: id, principalKind: kind, agent, ...(actors.length > 0 ? { actors } : {}) };
}

/** What the client says that it is: its claim, and like every text of somebody else's not taken as it is. */
export function clientOf({ session }: Exchange, message: Message): Pick<JournalRecord, 'client'> {
  const { name, version } = claimOf(session?.clientInfo, message) ?? {};
  if (typeof name !== 'string') return {};
  return { client: { name: known(name), version: typeof version === 'string' ? known(version) : '' } };
}

function claimOf(session: JsonObject | undefined, message: Message): JsonObject | undefined {
  if (message.kind !== 'request' && message.kind !== 'notification') return session;
  const meta = message.params?.['_meta'];
  const said: Json | undefined = isObject(meta) && meta[CLIENT_INFO] !== undefined ? meta[CLIENT_INFO] : message.params?.['clientInfo'];
  return isObject(said) ? said : session;
}

const texts = new Map<string, RecordText>();

/** Redacted once: few programs make all the calls. */
function known(text: string): RecordText {
  const found = texts.get(text);
  if (found !== undefined) return found;
  const plain = redact(text.slice(0, CLIENT_CHARS_MAX));
  if (texts.size >= TEXTS_REMEMBERED_MAX) texts.clear();
  if (text.length <= CLIENT_CHARS_MAX) texts.set(text, plain);
  return plain;
}

/**
 * A resource's URI without what may be a secret in it: user and password, query, fragment, the payload of `data:`, a part of
 * the path that no word is. The sealed payload holds the whole of it.
 */
export function nameOf({ kind, name }: Resource): string {
  if (kind !== 'resource') return name;
  if (name.startsWith('data:')) return 'data:…';
  const end = name.search(/[?#]/);
  return redact(end < 0 ? name : `${name.slice(0, end)}…`);
}

/** `told`: what else its detail is to say. */
export function reasonsOf(verdict: Verdict, told: JsonObject = {}): Partial<JournalRecord> {
  const { policies, errors, obligations, shadow = [] } = verdict.decision;
  const approval = approvalOf(verdict);
  // What had to be met, and what was changed, is told in the words of the policy.
  const gates = wordsOf(verdict.outcome === 'permit' ? (verdict.met ?? []) : obligations.filter(({ kind }) => !isTransform(kind)));
  const transforms = wordsOf(obligations.filter(({ kind }) => isTransform(kind)));
  const detail = {
    ...told, ...(gates.length > 0 ? { gates } : {}), ...(transforms.length > 0 ? { transforms } : {}), ...(errors.length > 0 ? { errors } : {}),
    // What was found before that is not on record: whoever decides it again must know.
    ...(verdict.changed === undefined ? {} : { changed: [...new Set(verdict.changed.map(({ kind }) => kind))] }),
    ...(shadow.length > 0 ? { shadow } : {}),
    ...(approval === undefined ? {} : { approval }),
  };
  return {
    ...(policies.length > 0 ? { policies } : {}),
    ...(Object.keys(detail).length > 0 ? { detail: redactDetail(detail) } : {}),
    ...(verdict.outcome === 'denial' ? { code: verdict.code, reason: known(verdict.reason) } : {}),
  };
}

function wordsOf(obligations: readonly Obligation[]): readonly JsonObject[] {
  return obligations.map(({ kind, value, policy }) => ({ kind, value, policy }));
}

/** Which approval was used, or is waited for. */
function approvalOf(verdict: Verdict): string | undefined {
  if (verdict.outcome === 'permit') return verdict.approval;
  const asked = verdict.data?.['approval'];
  const id = isObject(asked) ? asked['id'] : undefined;
  return typeof id === 'string' ? id : undefined;
}
