import type { Drift } from '../domain/decision.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Message } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID, type Principal } from '../domain/principal.ts';
import type { PinKind, Server } from '../domain/server.ts';
import { verdictOf } from '../registry/drift.ts';
import { createPinKeeper, type DriftSet } from '../registry/pins.ts';
import { readSurface, type RawSurface } from '../registry/surface.ts';
import { isPersonal } from '../upstream/credentials/leases.ts';
import type { Objection } from './enforce.ts';
import { isPageAddress, pageObjection, pinnedPage, UNPINNED_PAGE } from './page-guard.ts';
import type { Reader } from './reader.ts';

/** What a call has to know of its pin: the class of drift, which policy sees, and what denies whatever policy says. */
export interface PinState {
  readonly drift: Drift;
  readonly objection: Objection | undefined;
}

/** Whether what is called is still what was approved, checked when it is called and not when it was last listed. */
export interface PinGuard {
  /**
   * How what is called differs from its pin; that this can't be known is an objection, too. What is hidden from the caller
   * waits for no verification: the wait would tell it from what does not exist (invariant 7).
   */
  check(exchange: Exchange, isHidden: () => boolean): PinState | Promise<PinState>;
  /** The next call of this server waits for a new verification. */
  invalidate(server: Pick<Server, 'space' | 'id'>): void;
  /** Takes note of a server that says that its lists changed, or whose pages did: what it says now is read, and reported. */
  observe(answer: Message, exchange: Exchange): void;
}

/** Where the upstream credential is the server's own, one verification holds for all callers. */
const SERVER_CREDENTIAL = 'server';

const PINNED: Readonly<Partial<Record<string, PinKind>>> = { call_tool: 'tool', get_prompt: 'prompt' };

/** Instances of resources have no pin, but for the pages of apps, which are code that runs beside the agent. */
function kindOf({ call: { action, resource } }: Exchange): PinKind | undefined {
  return action === 'read_resource' && isPageAddress(resource.name) ? 'page' : PINNED[action];
}

/** `report` is told what a server said when that is no longer what was approved. */
export function createPinGuard(reader: () => Reader, report: (server: Server, said: RawSurface) => void): PinGuard {
  const lastRead = new Map<string, RawSurface>();
  const readers = new Map<string, Principal>();
  const keeper = createPinKeeper({
    staleMs: LIMITS.pinStaleMs,
    unverifiedMs: LIMITS.pinUnverifiedMs,
    now: Date.now,
    async refresh(server, credentialKey) {
      const known = server.baseline?.surface.eras[0];
      const raw = await reader().read(server.space, server.id, known, AbortSignal.timeout(LIMITS.requestTimeoutMs), readers.get(credentialKey));
      lastRead.set(keyOf(server, credentialKey), { ...raw, eras: server.baseline?.surface.eras ?? raw.eras });
      return readSurface(raw, { labels: server.labels, tools: {}, ...(server.pages === undefined ? {} : { pages: server.pages }) });
    },
    found(server, credentialKey) {
      const said = lastRead.get(keyOf(server, credentialKey));
      lastRead.delete(keyOf(server, credentialKey));
      if (said !== undefined) report(server, said);
    },
  });
  return {
    check(exchange, isHidden) {
      const kind = kindOf(exchange);
      if (kind === undefined || exchange.principal.id === REGISTRY_PRINCIPAL_ID) return AS_APPROVED;
      if (kind === 'page' && pinnedPage(exchange, exchange.call.resource.name) === undefined) return { drift: 'added', objection: UNPINNED_PAGE };
      const credential = credentialOf(exchange, readers);
      const fresh = keeper.current(exchange.server, credential);
      if (fresh !== undefined) return stateOf(fresh, kind, exchange);
      if (isHidden()) return AS_APPROVED;
      return keeper.ensureFresh(exchange.server, credential).then((set) => stateOf(set, kind, exchange), unverified);
    },
    invalidate: (server) => keeper.invalidate(server),
    observe(answer, exchange) {
      const isChanged = answer.kind === 'notification' ? answer.method.endsWith('/list_changed') : pageObjection(answer, exchange) !== undefined;
      if (isChanged) keeper.invalidate(exchange.server);
    },
  };
}

function keyOf({ space, id }: Server, credentialKey: string): string {
  return JSON.stringify([space, id, credentialKey]);
}

/** What a server says to one caller's own account proves nothing about what it says to another's. */
function credentialOf({ server, onBehalfOf }: Exchange, readers: Map<string, Principal>): string {
  if (!isPersonal(server.credentials)) return SERVER_CREDENTIAL;
  const key = JSON.stringify([onBehalfOf.id, onBehalfOf.agent, onBehalfOf.actors]);
  readers.delete(key);
  readers.set(key, onBehalfOf);
  const oldest = readers.size > LIMITS.pinStatesMax ? readers.keys().next().value : undefined;
  if (oldest !== undefined) readers.delete(oldest);
  return key;
}

/** Of what is called and of every dispatcher on the way to it: what denies comes before what policy may accept. */
function stateOf(set: DriftSet, kind: PinKind, { call, dispatchers = [] }: Exchange): PinState {
  if (set.drifts.length === 0) return AS_APPROVED;
  const states = [call, ...dispatchers].map(({ resource }) => stateOfOne(set, kind, resource.name));
  return states.find((one) => one.objection !== undefined) ?? states.find((one) => one.drift !== 'none') ?? AS_APPROVED;
}

function stateOfOne(set: DriftSet, kind: PinKind, name: string): PinState {
  const drift = set.drifts.find((one) => one.kind === kind && one.name === name);
  if (drift === undefined) return AS_APPROVED;
  const verdict = verdictOf(drift);
  return { drift: drift.class, objection: verdict === 'deny' || verdict === 'hide' ? DRIFTED : undefined };
}

/** A denial and no fault: what is hidden stays hidden while its server is down (invariant 7). */
function unverified(fault: unknown): PinState {
  if (!(fault instanceof SallyportError) || fault.code !== 'ERR_PIN_UNVERIFIED') throw fault;
  // Without the caller's own account nothing can be read, and nothing can be called either: the call says how to connect it.
  if (fault.cause instanceof SallyportError && fault.cause.code === 'ERR_UPSTREAM_CONNECT') return AS_APPROVED;
  const reason = 'The server could not be checked against what was approved of it.';
  return { drift: 'none', objection: { code: fault.code, reason, remedy: fault.remedy ?? '' } };
}

const AS_APPROVED: PinState = { drift: 'none', objection: undefined };

const DRIFTED: Objection = {
  code: 'ERR_PIN_DRIFT',
  reason: 'This is no longer what was approved: its definition changed on the server.',
  remedy: 'An administrator sees the change with "sallyport server diff" and approves it or not.',
};
