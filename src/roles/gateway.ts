import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCommitments } from '../audit/commit.ts';
import { createFloods } from '../audit/floods.ts';
import { createJournal } from '../audit/journal.ts';
import { SallyportError } from '../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Role } from '../domain/role.ts';
import type { SharedState } from '../domain/state.ts';
import { createAnnouncer } from '../gateway/announce.ts';
import { createBridge } from '../gateway/bridge/bridge.ts';
import { createConnections } from '../gateway/bridge/connections.ts';
import { createHeldCalls } from '../gateway/bridge/held.ts';
import type { BridgeParts } from '../gateway/bridge/parts.ts';
import { createQuestions } from '../gateway/bridge/questions.ts';
import { listenAtMember, listMemberResources } from '../gateway/bridge/member-exchanges.ts';
import { createSubscriptions } from '../gateway/bridge/subscriptions.ts';
import { createCatalogAnswers } from '../gateway/catalog-answers.ts';
import { createDispatch } from '../gateway/dispatch.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { switchedOff } from '../gateway/guard.ts';
import { createHandles } from '../gateway/handles.ts';
import { createInForceKeeper, type InForceKeeper } from '../gateway/in-force.ts';
import { listen, type Listener, type ListenOptions } from '../gateway/listen.ts';
import { createOpenExchanges } from '../gateway/open-exchanges.ts';
import { createPinGuard, type PinGuard } from '../gateway/pin-guard.ts';
import { createReader, type Reader } from '../gateway/reader.ts';
import { createSeal } from '../gateway/seal.ts';
import { createSessions } from '../gateway/sessions.ts';
import { openTrail, type TrailOptions } from '../gateway/trail.ts';
import { connectLink, type Link } from '../link/connect.ts';
import { ensureRoleKey, readPeerKey } from '../link/keys.ts';
import { serveLink } from '../link/serve.ts';
import { decodeBody } from '../mcp/decode.ts';
import { encodeBody, encodeHeaders } from '../mcp/encode.ts';
import { parseSse } from '../mcp/sse.ts';
import { openRedisState } from '../store/state-redis.ts';
import { createAddressGuard } from '../upstream/address.ts';
import { createCredentials, type Release } from '../upstream/credentials.ts';
import { createHttpUpstream } from '../upstream/http.ts';
import { createSseUpstream } from '../upstream/sse.ts';
import { createStdioUpstream } from '../upstream/stdio.ts';
import { createPeers, forwardHandlers } from './gateway-peers.ts';
import { serveUntilStopped } from './supervised.ts';

export interface GatewayRoleOptions {
  readonly home: string;
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** Serves plain HTTP, on a loopback address only. */
  readonly insecureLoopback: boolean;
  /** This replica's name, unique in the fleet. */
  readonly node: string;
  readonly redisUrl?: string;
}

const SWEEP_MS = 1_000;
const SHUTDOWN_GRACE_MS = 3_000;
/** A released secret is asked for again after this long. */
const CREDENTIAL_MS = 5 * 60_000;

/** The gateway role as a process of its own; returns when it was told to stop and its calls have ended. */
export async function runGateway(options: GatewayRoleOptions): Promise<void> {
  const running = await startGateway(options);
  await serveUntilStopped({ port: running.port, url: running.url }, () => running.close());
}

export interface RunningGateway {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** Joins the rooms of the data plane and listens. Resolves when a snapshot is in force. */
export async function startGateway(options: GatewayRoleOptions): Promise<RunningGateway> {
  const { home, node } = options;
  const { hostname, port } = addressOf(options);
  const folder = join(home, 'gateway');
  ensureRoleKey(home, 'gateway');
  const linkTo = (peer: Role): Link => connectLink({ home, self: 'gateway', peer });
  const [control, ledger, runner] = [linkTo('control'), linkTo('ledger'), linkTo('runner')];
  const inForce = openInForce(home, join(folder, `${node}.version`));
  const ending = new AbortController();
  void watchControl(control, inForce, ending.signal);

  const { seal } = await ask(control, 'control.keys', {}, ending.signal);
  const keys = createSeal(Buffer.from(String(seal), 'base64url'));
  const state = options.redisUrl === undefined ? stateOver(control) : await openRedisState(options.redisUrl);
  const journal = createJournal(ledger, { node, incarnation: crypto.randomUUID() });
  const floods = createFloods(journal, { node, space: DEFAULT_SPACE });
  const commitments = openCommitments(join(folder, 'salts'));
  const open = createOpenExchanges();
  const sessions = createSessions(keys, state);

  const release = releaseOver(control);
  const wire = { codec: { encodeBody, encodeHeaders, decodeBody, parseSse }, guard: createAddressGuard(), credentials: createCredentials(release) };
  const stdio = createStdioUpstream({ codec: wire.codec, link: runner, release });
  const sse = createSseUpstream(wire);
  const http = createHttpUpstream(wire);

  // The bridge, the reader and the path need each other; each asks for the gateway only when it runs.
  let gateway: Gateway;
  let reader: Reader;
  const pins = createPinGuard(() => reader, (server, raw) => {
    control.call('control.drift', toJson({ space: server.space, server: server.id, node, raw })).catch(() => undefined);
  });
  const held = createHeldCalls(node);
  const connections = createConnections(() => gateway, sessions);
  const peers = createPeers(home);
  const trail: TrailOptions = { node, journal, floods, now: Date.now, commit: (data) => commitments.commit(data) };
  const bridgeParts: BridgeParts = {
    node, ways: { http, sse, stdio }, connections, held, questions: createQuestions(node), peers, inForce, state,
    subscriptions: createSubscriptions(node, state, peers),
    recordAside(question, denial, exchange) {
      const aside = openTrail(trail, { ...exchange, receivedAt: exchange.startedAt });
      aside.belongsTo(exchange);
      return aside.passed(question, denial);
    },
    listenAt: (member, wishes, exchange, signal) => listenAtMember(gateway, member, wishes, exchange, signal),
    listResources: (member, exchange, signal) => listMemberResources(gateway, member, exchange, signal),
  };
  const ways = createDispatch({ catalog: createCatalogAnswers(inForce), bridge: createBridge(bridgeParts), sessions, open, http, sse, stdio });
  const upstream = createAnnouncer(inForce, ways);
  gateway = createGateway({ trail, inForce, sessions, handles: createHandles(keys), pins, open, upstream });
  reader = createReader(gateway);

  const sweep = (): void => sweepAll(inForce, [open, held, connections]);
  const timer = setInterval(sweep, SWEEP_MS);
  inForce.onChange(sweep);
  inForce.onLease(sweep);
  const server = await serveLink({
    home,
    self: 'gateway',
    ...(node === 'gateway' ? {} : { socketPath: join(home, 'run', `gateway-${node}.sock`) }),
    handlers: { 'gateway.read': { call: (body) => readFor(body, reader, pins, inForce, ending.signal) }, ...forwardHandlers(bridgeParts) },
  });
  const urlFile = join(home, 'run', node === 'gateway' ? 'gateway.url' : `gateway-${node}.url`);
  const close = async (listener?: Listener): Promise<void> => {
    clearInterval(timer);
    rmSync(urlFile, { force: true });
    await listener?.close(SHUTDOWN_GRACE_MS);
    connections.close();
    ending.abort();
    await floods.close().catch(() => undefined);
    await server.close();
    for (const upstreamWithConnections of [stdio, sse]) upstreamWithConnections.close();
    journal.close();
    for (const link of [control, ledger, runner]) link.close();
  };
  try {
    await untilInForce(inForce, ending.signal);
    const listener = await listenAs(options, hostname, port, control, inForce, gateway);
    const url = urlOf(options, hostname, listener.port, inForce.current(Date.now()).snapshot.network.publicUrl);
    writeFileSync(urlFile, `${url}\n`, { mode: 0o600 });
    return { port: listener.port, url, close: () => close(listener) };
  } catch (fault) {
    await close();
    throw fault;
  }
}

/** Where programs on this machine reach the gate. Beyond loopback it answers under its public name only. */
function urlOf({ insecureLoopback }: GatewayRoleOptions, hostname: string, port: number, publicUrl: string): string {
  if (!isLoopback(hostname) && !isLoopback(new URL(publicUrl).hostname)) return new URL(publicUrl).origin;
  return `${insecureLoopback ? 'http' : 'https'}://${hostname === '::1' ? '[::1]' : 'localhost'}:${port}`;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function addressOf(options: GatewayRoleOptions): { readonly hostname: string; readonly port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(options.listen);
  if (match?.[1] === undefined) throw new SallyportError('ERR_CONFIG_INVALID', `"${options.listen}" is no host:port`, { remedy: 'For instance 127.0.0.1:7443.' });
  const hostname = match[1].replace(/^\[|\]$/g, '');
  if (options.insecureLoopback && !isLoopback(hostname)) {
    throw new SallyportError('ERR_CONFIG_INVALID', 'Plain HTTP is served on loopback only.', { remedy: 'Listen on 127.0.0.1, or leave --insecure-loopback away.' });
  }
  return { hostname, port: Number(match[2]) };
}

/** The last version in force is remembered, so that a restart is no way to roll policy back. */
function openInForce(home: string, versionFile: string): InForceKeeper {
  const floor = existsSync(versionFile) ? Number(readFileSync(versionFile, 'utf8')) : 0;
  return createInForceKeeper(() => readPeerKey(home, 'control'), Number.isSafeInteger(floor) ? floor : 0, (version) => {
    mkdirSync(join(versionFile, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(versionFile, String(version), { mode: 0o600 });
  });
}

/** Follows control's snapshots and leases; while control is away, the lease runs out and the gate stops deciding. */
async function watchControl(control: Link, inForce: InForceKeeper, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const item of control.stream('control.watch', {}, signal)) {
        if (!isObject(item) || typeof item['bytes'] !== 'string' || typeof item['signature'] !== 'string') continue;
        const signed = { bytes: item['bytes'], signature: item['signature'] };
        if (item['kind'] === 'snapshot') inForce.acceptSnapshot(signed);
        else inForce.acceptLease(signed);
      }
    } catch (fault) {
      const quiet = fault instanceof SallyportError && fault.code === 'ERR_LINK_UNAVAILABLE';
      if (!quiet) console.error(fault instanceof SallyportError ? `${fault.code}: ${fault.message}` : fault);
    }
    await Bun.sleep(RETRY_MS);
  }
}

const RETRY_MS = 100;

/** A question that start-up can't go on without; asked until control answers. */
async function ask(link: Link, verb: string, body: Json, signal: AbortSignal): Promise<JsonObject> {
  for (;;) {
    try {
      const answer = await link.call(verb, body);
      if (isObject(answer)) return answer;
      throw new SallyportError('ERR_LINK_FRAME', `${verb} was answered with something else`);
    } catch (fault) {
      if (signal.aborted || !(fault instanceof SallyportError) || fault.code !== 'ERR_LINK_UNAVAILABLE') throw fault;
      await Bun.sleep(RETRY_MS);
    }
  }
}

async function untilInForce(inForce: InForceKeeper, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !isReady(inForce)) await Bun.sleep(RETRY_MS / 10);
}

function isReady(inForce: InForceKeeper): boolean {
  try {
    return inForce.current(Date.now()).snapshot.version > 0;
  } catch {
    return false;
  }
}

interface Sweepable {
  sweep(now: number, ended: Parameters<ReturnType<typeof createOpenExchanges>['sweep']>[1]): void;
}

function sweepAll(inForce: InForceKeeper, all: readonly Sweepable[]): void {
  const now = Date.now();
  const { lease } = isReady(inForce) ? inForce.current(now) : { lease: undefined };
  // Without a lease nothing is decided any more, and what is open ends with it (invariant 6).
  for (const each of all) each.sweep(now, (exchange) => lease === undefined || switchedOff(exchange, lease) !== undefined);
}

async function readFor(body: Json, reader: Reader, pins: PinGuard, inForce: InForceKeeper, signal: AbortSignal): Promise<Json> {
  const { space, server, minSnapshotVersion } = isObject(body) ? body : {};
  if (typeof space !== 'string' || typeof server !== 'string' || typeof minSnapshotVersion !== 'number') {
    throw new SallyportError('ERR_REQUEST_INVALID', 'gateway.read names a space, a server and a snapshot version');
  }
  const until = Date.now() + LIMITS.connectTimeoutMs;
  while (inForce.version < minSnapshotVersion && Date.now() < until && !signal.aborted) await Bun.sleep(RETRY_MS / 10);
  // An administrator looks at the server: calls look again too, instead of at what was seen up to a minute ago.
  pins.invalidate({ space, id: server });
  return toJson(await reader.read(space, server, undefined, undefined, AbortSignal.any([signal, AbortSignal.timeout(LIMITS.requestTimeoutMs)])));
}

/** What was JSON and was only read stays JSON; the types of records lack the index signature. */
function toJson(value: object): JsonObject {
  return { ...value };
}

function stateOver(control: Link): SharedState {
  const op = async (body: JsonObject): Promise<JsonObject> => {
    const answer = await control.call('control.state', body);
    return isObject(answer) ? answer : {};
  };
  return {
    get: async (key) => {
      const { value } = await op({ op: 'get', key });
      return typeof value === 'string' ? value : undefined;
    },
    set: async (key, value, ttlMs) => void (await op({ op: 'set', key, value, ttlMs })),
    setIfAbsent: async (key, value, ttlMs) => (await op({ op: 'setIfAbsent', key, value, ttlMs }))['taken'] === true,
    increment: async (key, by, ttlMs) => Number((await op({ op: 'increment', key, by, ttlMs }))['sum']),
    delete: async (key) => void (await op({ op: 'delete', key })),
  };
}

function releaseOver(control: Link): Release {
  return async ({ space, server, secret, exchange }) => {
    const answer = await control.call('control.release', { space, server, secret, exchange });
    const value = isObject(answer) ? answer['value'] : undefined;
    if (typeof value !== 'string') throw new SallyportError('ERR_UPSTREAM_CREDENTIAL', `Control has no credential for server ${server}.`, { dispatched: false });
    return { value, expiresAt: Date.now() + CREDENTIAL_MS };
  };
}

async function listenAs(
  options: GatewayRoleOptions, hostname: string, port: number, control: Link, inForce: InForceKeeper, gateway: Gateway,
): Promise<Listener> {
  const { network } = inForce.current(Date.now()).snapshot;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const tls = options.insecureLoopback
    ? undefined
    : {
        cert: String((await ask(control, 'control.certificate', { publicKey: publicKey.export({ type: 'spki', format: 'pem' }), hostname }, new AbortController().signal))['certificate']),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      };
  return listenOn({
    hostname,
    port,
    ...(tls === undefined ? {} : { tls }),
    publicUrl: network.publicUrl,
    origins: network.origins,
    gateway,
    ready: () => isReady(inForce),
  });
}

/** An address that can't be had is the operator's to change: it never gets better by trying again. */
function listenOn(options: ListenOptions): Listener {
  try {
    return listen(options);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const why = { EADDRINUSE: 'another program listens there', EACCES: 'this user may not', EADDRNOTAVAIL: 'this machine has no such address' }[code] ?? code;
    throw new SallyportError('ERR_LISTEN', `The gate can't listen on ${options.hostname}:${options.port}: ${why}.`, {
      remedy: 'Choose another address with --listen HOST:PORT, or gateway.listen in sallyport.yaml.', cause,
    });
  }
}
