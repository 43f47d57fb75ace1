import { verify, type KeyObject } from 'node:crypto';
import type { ApprovalAsk, ApprovalCaller, ApprovalGate, ApprovalSubject, ApprovalUse, ApprovalWord } from '../../domain/approval.ts';
import type { Decision, Obligation } from '../../domain/decision.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { RequestMessage } from '../../domain/message.ts';
import type { Principal } from '../../domain/principal.ts';
import { UNDERIVED, type Provenance } from '../../domain/provenance.ts';
import { SIGNED_AS, type SignedSnapshot, type Snapshot } from '../../domain/snapshot.ts';
import { ENVELOPE } from '../../mcp/envelope.ts';
import { parseOwnJson } from '../../mcp/json.ts';
import { readProgram } from '../../policy/program.ts';
import { canonicalText, digestOf } from '../../registry/canonical.ts';
import type { Objection } from '../enforce.ts';
import { keepPreviews, type CallAside, type Preview } from './stage.ts';
import { standingOf } from '../trail-words.ts';
import { isOwnAnswer } from '../url-prompt.ts';

/** Control, which asks people and remembers what they said. Both reject with ERR_LINK_* and what control refuses with. */
export interface ApprovalDesk {
  /** Where the approval of exactly this stands; asks for it where nobody has yet. */
  ask(ask: ApprovalAsk): Promise<ApprovalWord>;
  /** Uses it up: the signed word that it was, for this exchange, or where it stands instead. Linearizable over all gateways. */
  use(ask: ApprovalAsk, id: string): Promise<SignedSnapshot | ApprovalWord>;
}

export interface Approvals {
  /** What people said of this very call: why it must wait or may not be, or a grant that is still to be used. */
  seek(message: RequestMessage, exchange: Exchange, gates: readonly Obligation[], decision: Decision): Promise<Grant | Objection>;
}

/** An approval that stands. Used up it is good for this exchange; whatever stands in the way by then comes back instead. */
export interface Grant {
  readonly id: string;
  use(): Promise<Objection | undefined>;
}

/** Keys of `_meta` that belong to the protocol and change with every retry; everything else of a call is approved. */
const PROTOCOL_META: ReadonlySet<string> = new Set([
  'progressToken', ENVELOPE.protocolVersion, ENVELOPE.clientInfo, ENVELOPE.clientCapabilities, ENVELOPE.logLevel, 'traceparent', 'tracestate', 'baggage',
]);

/** `controlKey`: control's public half; a word that it did not sign is none. `aside`: how a dry run is called. */
export function createApprovals(desk: ApprovalDesk, controlKey: () => KeyObject, aside: CallAside): Approvals {
  const previews = keepPreviews(aside);
  return {
    async seek(message, exchange, gates, decision) {
      const staged = gates.some(({ kind }) => kind === 'stage');
      const attempt = async (preview: Preview | undefined): Promise<Attempt | Objection> => {
        if (preview?.kind === 'refused') return NO_PREVIEW;
        const subject = subjectOf(message, exchange, gates, preview?.kind === 'shown' ? preview.json : undefined);
        if (!isShowable(subject)) return UNSHOWABLE;
        const { effect } = exchange.call.resource;
        const { findings = [], provenance } = decision.asked?.[0]?.context ?? {};
        const ask: ApprovalAsk = {
          exchange: exchange.id, subject, ...(effect === undefined ? {} : { effect }), findings, standing: standingOf(exchange), ...toldOf(provenance),
        };
        return { ask, digest: digestOf(JSON.parse(JSON.stringify(subject))), word: await desk.ask(ask) };
      };
      const shown = staged ? await previews.recent(message, exchange) : undefined;
      const first = await attempt(shown?.preview);
      // What it would do by now, not what it would have done when it was looked at.
      const found = 'word' in first && first.word.state === 'granted' && shown?.isFresh === false
        ? await attempt(await previews.now(message, exchange)) : first;
      if (!('word' in found)) return found;
      const { ask, digest, word } = found;
      if (word.state !== 'granted') return objectionOf(word);
      return {
        id: word.id,
        async use() {
          const used = await desk.use(ask, word.id);
          if (!('signature' in used)) return objectionOf(used);
          checkUse(used, { id: word.id, digest, exchange: exchange.id }, controlKey());
          return undefined;
        },
      };
    },
  };
}

function toldOf(provenance: Provenance | undefined): Pick<ApprovalAsk, 'provenance'> {
  if (provenance === undefined || provenance === UNDERIVED) return {};
  const { destinations, flowsFrom, places } = provenance;
  return { provenance: { destinations, flowsFrom, ...(places === undefined ? {} : { places }) } };
}

interface Attempt {
  readonly ask: ApprovalAsk;
  readonly digest: string;
  readonly word: ApprovalWord;
}

/** Everything that an approval is bound to; the retry of a call has the same, and nothing else has. */
function subjectOf(message: RequestMessage, exchange: Exchange, gates: readonly Obligation[], preview: Json | undefined): ApprovalSubject {
  const { space, principal, onBehalfOf, flow, server, call, tool, dispatchers = [], snapshot } = exchange;
  const { kind, server: of, name } = call.resource;
  return {
    space, principal: callerOf(principal), behind: callerOf(onBehalfOf), flow, server: server.id, method: call.method, action: call.action,
    resource: { kind, server: of, name }, pin: tool?.digest ?? null,
    dispatchers: dispatchers.map(({ tool: { digest }, resource }) => ({ name: resource.name, pin: digest })),
    params: withoutProtocol(message.params ?? {}),
    ...(preview === undefined ? {} : { preview }),
    gates: gates.map(({ kind: gate, policy, value }) => ({
      kind: gate === 'stage' ? 'stage' as const : 'approve' as const, policy, digest: policyDigest(snapshot, policy), value,
    })).toSorted(byText),
  };
}

function byText(one: ApprovalGate, other: ApprovalGate): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

function callerOf({ id, kind, agent, actors }: Principal): ApprovalCaller {
  return { id, kind, agent, actors };
}

function withoutProtocol(params: JsonObject): JsonObject {
  const { _meta: meta, inputResponses: answers, ...rest } = params;
  const kept = without(meta, (key) => PROTOCOL_META.has(key));
  const theirs = without(answers, isOwnAnswer);
  return { ...rest, ...(kept === undefined ? {} : { _meta: kept }), ...(theirs === undefined ? {} : { inputResponses: theirs }) };
}

/** What is no object stays as it is: the server gets it like that. */
function without(value: JsonObject[string] | undefined, leaveOut: (key: string) => boolean): JsonObject[string] | undefined {
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !leaveOut(key));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

const digests = new WeakMap<Snapshot, Map<string, string>>();

/** A gating policy as the snapshot has it: whatever was changed in it, it is another. */
function policyDigest(snapshot: Snapshot, id: string): string {
  const known = digests.get(snapshot) ?? new Map<string, string>();
  digests.set(snapshot, known);
  const found = known.get(id);
  if (found !== undefined) return found;
  const policy = readProgram(snapshot.policy)?.policies.find((one) => one.id === id);
  const digest = new Bun.CryptoHasher('sha256').update(JSON.stringify(policy ?? null)).digest('hex');
  known.set(id, digest);
  return digest;
}

/** Nobody approves what they can't read whole, or what has no one form. */
function isShowable({ params, preview = null }: ApprovalSubject): boolean {
  try {
    return Buffer.byteLength(canonicalText({ params, preview })) <= LIMITS.approvalBytesMax;
  } catch {
    return false;
  }
}

const UNSHOWABLE: Objection = {
  code: 'ERR_APPROVAL_UNSHOWABLE', reason: 'A person must approve this call, and it is too large or too broken to be shown.',
  remedy: 'Send less at a time, as well-formed text.',
};

const NO_PREVIEW: Objection = {
  code: 'ERR_APPROVAL_UNSHOWABLE', reason: 'A person must see what this call would do, and its dry run was refused or failed.',
  remedy: 'Call its dry run yourself to see why; it must be allowed, too.',
};

function objectionOf({ id, state, expiresAt, url, reason }: ApprovalWord): Objection {
  const data = { approval: { id, state, expiresAt, ...(url === undefined ? {} : { url }) } };
  if (state === 'denied') {
    const why = reason === undefined || reason === '' ? '' : ` They say: ${reason}`;
    return { code: 'ERR_APPROVAL_DENIED', reason: `A person refused this call.${why}`, remedy: 'Do not try again; ask the person who refused it.', data };
  }
  const where = url === undefined ? `\`sallyport approve show ${id}\`` : url;
  return {
    code: 'ERR_APPROVAL_REQUIRED', reason: 'A person must approve this call.',
    remedy: `Ask for it at ${where}, then send exactly the same call again before it expires.`, data,
  };
}

/** A word for another exchange, or another call, is somebody else's. */
function checkUse({ bytes, signature }: SignedSnapshot, expected: Omit<ApprovalUse, 'usedAt'>, key: KeyObject): void {
  const isSigned = verify(null, Buffer.from(SIGNED_AS.approval + bytes), key, Buffer.from(signature, 'base64url'));
  const said = isSigned ? parseOwnJson(bytes) : undefined;
  const { id, digest, exchange } = isObject(said) ? said : {};
  if (id === expected.id && digest === expected.digest && exchange === expected.exchange) return;
  throw new SallyportError('ERR_SNAPSHOT_SIGNATURE', 'An approval is not signed by this control for this call.', {
    remedy: 'Check that gateway and control share one state folder; see "sallyport doctor".',
  });
}
