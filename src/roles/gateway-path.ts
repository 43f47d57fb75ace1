import { join } from 'node:path';
import { openCommitments } from '../audit/commit.ts';
import { createDataKeys } from '../audit/data-keys.ts';
import { createFloods } from '../audit/floods.ts';
import { createJournal } from '../audit/journal.ts';
import type { Exchange } from '../domain/exchange.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { SharedState } from '../domain/state.ts';
import type { Journal } from '../domain/record.ts';
import { createAnnouncer } from '../gateway/announce.ts';
import { createBridge } from '../gateway/bridge/bridge.ts';
import { createConnections, type Connections } from '../gateway/bridge/connections.ts';
import { createHeldCalls } from '../gateway/bridge/held.ts';
import { callAside, listenAtMember, listMemberResources } from '../gateway/bridge/member-exchanges.ts';
import type { BridgeParts, Peers } from '../gateway/bridge/parts.ts';
import { createQuestions } from '../gateway/bridge/questions.ts';
import { createSubscriptions } from '../gateway/bridge/subscriptions.ts';
import { createCatalogAnswers } from '../gateway/catalog-answers.ts';
import { withoutPrompts } from '../gateway/url-prompt.ts';
import { createDispatch } from '../gateway/dispatch.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { switchedOff } from '../gateway/guard.ts';
import { createHandles } from '../gateway/handles.ts';
import { createHolding } from '../gateway/holding.ts';
import { createInspecting } from '../gateway/inspecting.ts';
import { createInspectors } from '../gateway/inspectors.ts';
import type { Keeping } from '../flow/keeper.ts';
import type { FlowKey } from '../flow/provenance/derive.ts';
import type { InForceKeeper } from '../gateway/in-force.ts';
import { createOpenExchanges, type OpenExchanges } from '../gateway/open-exchanges.ts';
import { createPinGuard } from '../gateway/pin-guard.ts';
import type { Probing } from '../gateway/probing.ts';
import { createQuarantine } from '../gateway/quarantine/quarantine.ts';
import { createReader, type Reader } from '../gateway/reader.ts';
import type { Seal } from '../gateway/seal.ts';
import { createSessions } from '../gateway/sessions.ts';
import { createTaskOwners } from '../gateway/task-owners.ts';
import { createTokens } from '../gateway/transforms/tokens.ts';
import { createTransforming } from '../gateway/transforms/transforming.ts';
import { traced } from '../gateway/traced.ts';
import { openTrail, type TrailOptions } from '../gateway/trail.ts';
import { isStillTrusted } from '../identity/authenticate.ts';
import type { Link } from '../link/connect.ts';
import type { Handler } from '../link/handler.ts';
import { decodeBody } from '../mcp/decode.ts';
import { encodeBody, encodeHeaders } from '../mcp/encode.ts';
import { parseSse } from '../mcp/sse.ts';
import { writeSurface } from '../registry/surface.ts';
import { createAddressGuard } from '../upstream/address.ts';
import { createCredentials, type Credentials } from '../upstream/credentials/leases.ts';
import { createHttpUpstream } from '../upstream/http.ts';
import { createSseUpstream } from '../upstream/sse.ts';
import { countRecords } from '../telemetry/count-records.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createStdioUpstream } from '../upstream/stdio.ts';
import type { Floor } from './floor.ts';
import { joinAnomalies } from './gateway-anomalies.ts';
import { isReady } from './gateway-control.ts';
import { joinDetection } from './gateway-detection.ts';
import { joinIdentity } from './gateway-identity.ts';
import { joinLimits } from './gateway-limits.ts';
import { createLinkRefusals, type LinkRefusals } from './link-refusals.ts';
import { createPeers, forwardHandlers, proofHandlers } from './gateway-peers.ts';
import { joinOutside } from './gateway-outside.ts';
import { readFor } from './gateway-read.ts';
import { quarantineOver, releaseOver, secretsOver } from './gateway-release.ts';
import { joinTelemetry, type GatewayTelemetry } from './gateway-telemetry.ts';

/** The other roles, each behind its link. */
export interface Links {
  readonly control: Link;
  readonly ledger: Link;
  readonly runner: Link;
}

/** What the data plane stands on: who this replica is, what it may decide by, and what it shares with the others. */
export interface Ground {
  readonly home: string;
  readonly node: string;
  readonly links: Links;
  readonly inForce: InForceKeeper;
  /** Below what it never goes, but by an order. */
  readonly floor: Floor;
  readonly seal: Seal;
  /** Of the fingerprints of flow contexts. */
  readonly flowKey: FlowKey;
  /** Where flow contexts are kept. */
  readonly keeping: Keeping;
  /** Opens what snapshots say of secrets of the vault (`knownKeyOf`). */
  readonly knownKey: Uint8Array;
  readonly state: SharedState;
  /** The way to a replica on another machine. */
  readonly replica: (node: string) => Link | undefined;
  /** Ends what the link's handlers do when the role ends. */
  readonly signal: AbortSignal;
}

/** The joined data plane. */
export interface DataPlane {
  readonly gateway: Gateway;
  /** For what is nobody's call. */
  readonly journal: Journal;
  /** Who was refused on the link. */
  readonly refusals: LinkRefusals;
  /** Resolves when it has tried to make its detectors of what the snapshot names. */
  readonly informed: () => Promise<void>;
  /** What control and other replicas may ask of it. */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** Ends every open exchange whose time, token or lease has ended. */
  sweep(): void;
  close(): Promise<void>;
}

/**
 * Joins the rooms of the data plane: the records it writes, the ways to servers, the bridge between the eras, and the
 * path in their middle.
 */
export function joinDataPlane(ground: Ground): DataPlane {
  const { home, node, inForce, state, seal, links, signal } = ground;
  const limits = joinLimits({ ...ground, aside: (exchange, tool, args) => callAside(gateway, exchange, tool, args) });
  const telling = joinTelemetry(ground);
  const records = openRecords(ground, limits.probing, telling);
  const anomalies = joinAnomalies(ground, records.trail.journal);
  const ways = openWays(links, telling.telemetry);
  const open = createOpenExchanges();
  telling.metrics.read('sallyport_open_exchanges', () => open.size);
  const sessions = createSessions(seal, state);

  // The bridge, the reader and the path need each other; each asks for the gateway only when it runs.
  let gateway: Gateway;
  let reader: Reader;
  const pins = createPinGuard(() => reader, (server, raw) => {
    links.control.call('control.drift', { space: server.space, server: server.id, node, raw: writeSurface(raw) }).catch(() => undefined);
  });
  const peers = createPeers(home, ground.replica);
  const refusals = createLinkRefusals(records.trail.journal, node);
  const { watching } = anomalies;
  const outside = joinOutside(links.control, inForce);
  const detection = joinDetection(links.control, inForce, node, records.trail.journal);
  const inspecting = createInspecting(createInspectors(ground.knownKey, outside, detection.kit));
  const transforming = createTransforming(createTokens(state, seal), inspecting);
  const known = { flow: limits.flow, findings: (exchange: Exchange) => watching.findings(exchange) };
  const parts = bridgeParts(ground, known, ways, peers, records.trail, createConnections(() => gateway, sessions), () => gateway);
  const dispatch = withoutPrompts(createDispatch({ ...ways, catalog: createCatalogAnswers(inForce), bridge: createBridge(parts), sessions, open }));
  const { upstream, gates } = limits.around(createTaskOwners(createAnnouncer(inForce, dispatch), state));
  const identity = joinIdentity({ node, control: links.control, inForce, seal, state, peers });
  const handles = createHandles(seal);
  const quarantine = createQuarantine(state, quarantineOver(links.control), ({ snapshot }) => inForce.of(snapshot).engine.quarantines);
  const judging = { watching, inspecting, transforming, quarantine, gates, holding: createHolding() };
  gateway = createGateway({ trail: records.trail, inForce, identity, sessions, handles, pins, open, upstream: quarantine.around(upstream), ...limits,
    ...judging });
  reader = createReader(gateway);

  return {
    gateway, refusals, journal: records.trail.journal, informed: () => detection.tend(),
    handlers: {
      'gateway.read': { call: (body) => readFor(body, { gateway, reader, pins, inForce }, signal) }, ...forwardHandlers(parts), ...proofHandlers(identity),
    },
    sweep: () => sweepAll(inForce, [open, parts.held, parts.connections, ways.credentials]),
    async close() {
      parts.connections.close();
      peers.close();
      outside.close();
      detection.close();
      await anomalies.close();
      await refusals.close();
      await records.close();
      ways.close();
      await telling.close();
    },
  };
}

/** How often salts are looked through for those whose time is over. */
const EXPIRE_MS = 60 * 60_000;

/** Where every exchange is written down before it has an effect (invariant 5). */
function openRecords(
  { home, node, links, inForce, floor }: Ground, probing: Probing, { metrics, telemetry }: GatewayTelemetry,
): { readonly trail: TrailOptions; close(): Promise<void> } {
  const kept = createJournal(links.ledger, {
    node, incarnation: crypto.randomUUID(), seenFile: join(home, 'gateway', `seen-${node}.json`), leave: floor.leave,
  });
  const journal = countRecords(kept, metrics);
  metrics.read('sallyport_journal_backlog_records', () => journal.waiting);
  const floods = createFloods(journal, { node, space: DEFAULT_SPACE });
  const commitments = openCommitments(join(home, 'gateway', 'salts'));
  const expire = (): void => commitments.expire(Math.max(0, ...(inForce.snapshot?.audit.classes ?? []).map(({ bodyDays }) => bodyDays)));
  const timer = setInterval(expire, EXPIRE_MS);
  timer.unref();
  return {
    trail: {
      node, journal, floods, now: Date.now, commit: (data) => commitments.commit(data), keys: createDataKeys(journal, node),
      refused: (principal, code) => probing.refused(principal, code), telemetry,
    },
    async close() {
      clearInterval(timer);
      await floods.close().catch(() => undefined);
      kept.close();
    },
  };
}

/** One way for each transport that a server may have. */
function openWays({ control, runner }: Links, telemetry: Telemetry): BridgeParts['ways'] & { readonly credentials: Credentials; close(): void } {
  const codec = { encodeBody, encodeHeaders, decodeBody, parseSse };
  const credentials = createCredentials(releaseOver(control));
  const wire = { codec, guard: createAddressGuard(), credentials };
  const stdio = createStdioUpstream({ codec, link: runner, release: secretsOver(control) });
  const sse = createSseUpstream(wire);
  return {
    http: traced(createHttpUpstream(wire), telemetry),
    credentials,
    sse: traced(sse, telemetry),
    stdio: traced(stdio, telemetry),
    close() {
      stdio.close();
      sse.close();
    },
  };
}

/** What the bridge remembers between messages, and how it gets back onto the path: `gateway` is asked for when it is needed. */
function bridgeParts(
  { node, inForce, state }: Ground,
  known: Pick<BridgeParts, 'flow' | 'findings'>,
  ways: BridgeParts['ways'],
  peers: Peers,
  trail: TrailOptions,
  connections: Connections,
  gateway: () => Gateway,
): BridgeParts {
  return {
    node, ways, connections, peers, inForce, state, ...known,
    held: createHeldCalls(node),
    questions: createQuestions(node),
    subscriptions: createSubscriptions(node, state, peers),
    recordAside(question, denial, exchange) {
      const aside = openTrail(trail, { ...exchange, receivedAt: exchange.startedAt });
      aside.belongsTo(exchange);
      return aside.passed({ message: question, verdict: denial, findings: [] }).then(() => undefined);
    },
    listenAt: (member, wishes, capabilities, exchange, signal) => listenAtMember(gateway(), member, wishes, capabilities, exchange, signal),
    listResources: (member, exchange, signal) => listMemberResources(gateway(), member, exchange, signal),
  };
}

function sweepAll(inForce: InForceKeeper, all: readonly Pick<OpenExchanges, 'sweep'>[]): void {
  const now = Date.now();
  const force = isReady(inForce) ? inForce.current(now) : undefined;
  // Without a lease nothing is decided any more, and what is open ends with it (invariant 6). What an agent is no longer registered for is revoked,
  // and whom no issuer vouches for any more is nobody.
  const ended = ({ principal, call: { resource } }: Exchange): boolean =>
    force !== undefined && (force.ceilings.beyond(principal, resource) !== undefined || !isStillTrusted(principal, force.identities));
  for (const each of all) each.sweep(now, (exchange) => force === undefined || switchedOff(exchange, force.lease) !== undefined || ended(exchange));
}
