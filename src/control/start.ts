import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import { createFloods, type Floods } from '../audit/floods.ts';
import { installationOf } from '../backup/manifest.ts';
import { SallyportError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Journal } from '../domain/record.ts';
import { flowKeyOf } from '../flow/provenance/key.ts';
import { digestOf } from '../flow/provenance/strict.ts';
import type { SharedState } from '../domain/state.ts';
import type { Link } from '../link/connect.ts';
import { placeOf } from '../link/place.ts';
import { createAddressGuard } from '../upstream/address.ts';
import type { Handler } from '../link/handler.ts';
import type { Store } from '../store/store.ts';
import { openAdminToken } from './admin-token.ts';
import { createLedgerReader } from './audit/reader.ts';
import { createSinkReader } from './audit/sinks.ts';
import { knownKeyOf } from '../detect/secrets/sealed.ts';
import { createAdministration } from './admins/administration.ts';
import { createApiProofs } from './admins/api-proofs.ts';
import { doorAuthenticator, socketAuthenticator } from './admins/authenticate.ts';
import { createBroadcast } from './broadcast.ts';
import type { Certify } from './certify.ts';
import { createChange, createRecorder, createRefusals } from './change.ts';
import { createConnections } from './connections/connections.ts';
import { createPresence } from './contexts/presence.ts';
import { createConfigurationKeeper } from './configuration/keeper.ts';
import { askWitness } from './configuration/witness.ts';
import { createPackageKeeper } from './packages/keeper.ts';
import { expireContainments } from './containments/lift.ts';
import type { Control, Machines } from './control.ts';
import type { IssuerOptions, RunningIssuer } from './issuer/open.ts';
import { followIncidents } from './incidents/follow.ts';
import { every } from './every.ts';
import { createInventory } from './inventory/keeper.ts';
import { lookAfterInventory } from './inventory/look-after.ts';
import { createInspecting } from './knowledge/detection.ts';
import { createKnowledgeKeeper } from './knowledge/keeper.ts';
import { createLeaseKeeper } from './lease.ts';
import { controlVerbs } from './link-verbs.ts';
import { linkVerbs } from './links/verbs.ts';
import { createLiveHub } from './live/hub.ts';
import { serveApi } from './listen.ts';
import { createNeedsKeeper } from './needs.ts';
import { ownState } from './own-state.ts';
import { ROUTES } from './routes.ts';
import { createApprovalKeeper } from './approvals/keeper.ts';
import { createWebhooks } from './approvals/webhooks.ts';
import { createNotify } from './notify/notify.ts';
import { keepReviews } from './reviews/tend.ts';
import { keepSchedule } from './schedule/keeper.ts';
import { createPlaybooks, tendPlaybooks } from './playbooks/keeper.ts';
import { createRegistryKeeper } from './registry/view.ts';
import { createRecovery } from './recovery/keeper.ts';
import type { OwnMemory } from './recovery/keeper.ts';
import { createRetention } from './retention/keeper.ts';
import { followManifest, type FollowOptions, type ManifestFollower } from './manifest/follow.ts';
import { writePlaces } from './manifest/places.ts';
import { openSealKey } from './seal-key.ts';
import { openSite, type SiteAddress } from './site.ts';
import { createServerReader } from './servers/read.ts';
import { createReleaseWatch } from './servers/release-watch.ts';
import { createCompiler } from './snapshot/compile.ts';
import type { Configuration } from './snapshot/configuration.ts';
import { createSnapshotKeeper } from './snapshot/keeper.ts';
import { signBytes } from './snapshot/sign.ts';
import { createTelemetryKeeper } from './telemetry/keeper.ts';
import { createLinkSigner } from './vendors/link.ts';
import { createKnownKeeper } from './vault/known.ts';
import { openVault } from './vault/vault.ts';
import { noteSilence } from './files/watches.ts';

/** What control is joined to; `roles/control.ts` opens each. */
export interface ControlParts {
  readonly home: string;
  readonly store: Store;
  readonly state: SharedState;
  readonly journal: Journal;
  /** Control's own role key: signs snapshots and leases. */
  readonly key: KeyObject;
  readonly links: Readonly<Record<'gateway' | 'ledger' | 'runner', Link>>;
  readonly certify: Certify;
  /** What control itself remembers of the ledger. */
  readonly memory: OwnMemory;
  readonly machines: Machines;
  /** Default: `LIMITS.leaseMs`. */
  readonly leaseMs?: number | undefined;
  /** Says what an operator must know, loudly; one line each. */
  readonly report: (line: string) => void;
}

export interface RunningControl {
  readonly control: Control;
  /** What control answers the other roles. */
  readonly verbs: Readonly<Record<string, Handler>>;
  /** Brings what the store holds into force, starts leases, and from then on the API. */
  readonly serve: () => Promise<void>;
  /** Follows the manifest that it was started with, after `serve`: applied at the first start, and whenever it is changed where it is watched. */
  readonly follow: (options: FollowOptions) => Promise<void>;
  /** Opens control's own TCP door, after `serve`; gives the origin under which it is reached. Throws `ERR_LISTEN`. */
  readonly open: (address: SiteAddress) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Two renewals may fail before a lease runs out. */
const RENEWALS_PER_LEASE = 3;
const ANSWER_MS = 2_000;

/** Puts the rooms of control together. Nothing runs before `serve`. */
export function createControl(parts: ControlParts): RunningControl {
  const { home, store, key, report } = parts;
  const [now, news] = [Date.now, createBroadcast()];
  const snapshots = createSnapshotKeeper(key, news.notify);
  const { leaseMs = LIMITS.leaseMs } = parts;
  const lease = createLeaseKeeper({ rows: store, key, version: () => snapshots.current?.version ?? 0, now, leaseMs, onRenewed: news.notify });
  const record = createRecorder(parts.journal, now);
  // Of its own: strangers at the door must not use up what refusals of gateways are recorded by.
  const [releaseFloods, floods] = [floodsOf(parts), floodsOf(parts)];
  const compiler = createCompiler((bytes) => signBytes('launch', bytes, key));
  const ledger = createLedgerReader(parts.links.ledger);
  const configuration = createConfigurationKeeper({ home, store, key, envelope: () => vault.envelope, record, report, now, witness: () => askWitness(ledger) });
  const needs = createNeedsKeeper(home, store, report);
  const change = needs.after(createChange({ store, record, snapshots, configuration, lease, key, compile: compileWith(compiler, () => knowledge), now }));
  const vault = openVault({ home, store, change, now });
  const retention = createRetention({ home, store, change, record, vault, now, report, ledger: parts.links.ledger });
  const { approvals, notify } = tellersOf({ store, record, now, report, vault, origin: () => origin });
  const telemetry = createTelemetryKeeper({ store, report, ledger: parts.links.ledger, runner: parts.links.runner });
  const state = ownState(parts.state);
  let [origin, follower, issuer]: [string?, ManifestFollower?, RunningIssuer?] = [];
  const sealKey = openSealKey(join(home, 'control', 'seal.key'));
  const knowledge = createKnowledgeKeeper({ store, key, snapshots, record, now, publish: () => publishDetection(control) });
  const control: Control = {
    flowDigest: (form) => digestOf(flowKeyOf(sealKey).digests, form), known: createKnownKeeper({ store, change, vault, snapshots, key: knownKeyOf(sealKey) }),
    inventory: createInventory({ store, ledger, record, now, report }), store, snapshots, lease, record, now, compiler, report, retention, telemetry,
    approvals, notify, state, change, vault, admins: createAdministration(store, now),
    routeOf: (method, path) => ROUTES.find((one) => one.method === method && one.path === path) ?? noRoute(),
    refused: createRefusals(floods, now), ledger, configuration, onDisk: () => follower?.seen(), tellPlaces: () => writePlaces(home, store),
    live: createLiveHub(ledger), sinks: createSinkReader(parts.links.ledger), readServer: createServerReader(parts.links.gateway),
    interactions: () => (issuer ?? closed()).interactions, issuer: () => issuer ?? closed(),
    connections: createConnections({
      store, state, record, now, lease, vault, guard: createAddressGuard(), origin: () => origin,
      mintSubject: async (who, audience) => (issuer ?? noSubject()).mintSubject(who, audience),
    }),
    machines: parts.machines, ...signersOf(key), playbooks: createPlaybooks(key, now, () => control),
    recovery: createRecovery({ home, store, record, change, snapshots, lease, memory: parts.memory, installation: installationOf(key), now }),
    registry: createRegistryKeeper({ store, head: () => configuration.head, now, knowledge: () => knowledge.lately }),
    packages: createPackageKeeper({ home, store, runner: parts.links.runner, record, guard: createAddressGuard(), now }),
    knowledge, inspecting: createInspecting(now), presence: createPresence(leaseMs), releases: createReleaseWatch({ now, report, floods: releaseFloods }),
    roles: async () => ({ gateways: news.watchers('gateway'), egress: news.watchers('egress') > 0, ...(await answering(parts.links)) }),
  };
  const verbs = { ...controlVerbs({ control, news, state: parts.state, certify: parts.certify, sealKey }), ...linkVerbs(control) };
  const closers: (() => Promise<void>)[] = [];
  return {
    control, verbs,
    open: async (address) => {
      let url = '';
      const proofs = createApiProofs();
      const api = { authenticate: doorAuthenticator(() => url, proofs), nonce: () => proofs.nonce(now()) };
      const openIssuer = async (at: string, addressOf: (incoming: IncomingMessage) => string): Promise<RequestListener> => {
        issuer = await openOwnIssuer({ home, origin: at, control, addressOf, report }, closers);
        return issuer.listener;
      };
      const door = await openSite(address, { home, control, certify: parts.certify, api, openIssuer, report });
      url = door.url;
      origin = door.url;
      closers.push(door.close);
      return door.url;
    },
    serve: async () => {
      await needs.tend();
      await serveControl(control, parts, closers);
    },
    follow: async (options) => void (follower = await startFollowing(control, options, closers)),
    close: async () => {
      for (const each of [approvals, retention, telemetry]) each.close();
      for (const close of closers.toReversed()) await close();
      for (const each of [floods, releaseFloods]) await each.close().catch(() => undefined);
    },
  };
}

async function startFollowing(control: Control, options: FollowOptions, closers: (() => Promise<void>)[]): Promise<ManifestFollower> {
  const follower = followManifest(control, options);
  await follower.look(true);
  closers.push(every(options.watch ? LIMITS.manifestWatchMs : LIMITS.configurationLookMs, () => follower.look(), () => undefined));
  return follower;
}

async function serveControl(control: Control, { home, report, leaseMs = LIMITS.leaseMs }: ControlParts, closers: (() => Promise<void>)[]): Promise<void> {
  await control.configuration.open();
  // Before anything of what was restored is in force.
  await control.recovery.open();
  await takeIntoForce(control, report);
  await control.tellPlaces();
  closers.push(watchConfiguration(control), await followStore(control, report), renewLeases(control, leaseMs, report));
  closers.push(await control.knowledge.follow(report), listenForSilence(control), lookAfterInventory(control), keepSchedule(control));
  closers.push(followIncidents(control), endContainments(control), keepReviews(control), tendPlaybooks(control));
  const isRoot = socketAuthenticator(openAdminToken(join(home, 'control', 'admin.token')));
  closers.push(serveApi(join(placeOf(home, 'control'), 'api.sock'), isRoot, control, report).close);
}

function floodsOf({ journal }: ControlParts): Floods {
  return createFloods(journal, { node: 'control', space: DEFAULT_SPACE });
}

function signersOf(key: KeyObject): Pick<Control, 'signApproval' | 'signBundle' | 'disclosureLinks'> {
  return {
    disclosureLinks: createLinkSigner(key),
    signApproval: (use) => signBytes('approval', JSON.stringify(use), key),
    signBundle: (manifest) => ({ key: publicBytes(key), signature: Buffer.from(signBytes('bundle', manifest, key).signature, 'base64url').toString('base64') }),
  };
}

function tellersOf(
  { store, record, now, report, vault, origin }: Pick<Control, 'store' | 'record' | 'now' | 'report' | 'vault'> & { readonly origin: () => string | undefined },
): Pick<Control, 'approvals' | 'notify'> {
  const readSecret = async (reference: string): Promise<string> => (await vault.read(DEFAULT_SPACE, reference)).value;
  const parts = { store, now, report, guard: createAddressGuard(), readSecret };
  return { approvals: createApprovalKeeper({ store, record, now, report, tell: createWebhooks({ ...parts, origin }) }), notify: createNotify(parts) };
}

/** Loaded where there is a door only: a control without one has no use for it. */
async function openOwnIssuer(of: IssuerOptions, closers: (() => Promise<void>)[]): Promise<RunningIssuer> {
  const { openIssuer } = await import('./issuer/open.ts');
  const opened = await openIssuer(of);
  closers.push(async () => opened.close());
  return opened;
}

async function answering({ ledger, runner }: ControlParts['links']): Promise<{ readonly ledger: boolean; readonly runner: boolean }> {
  const [kept, ran] = await Promise.all([answers(ledger, 'ledger.query', { limit: 1 }), answers(runner, 'runner.status', {})]);
  return { ledger: kept, runner: ran };
}

/** The 32 bytes of an Ed25519 public key, base64. */
function publicBytes(key: KeyObject): string {
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
}

function noRoute(): never {
  throw new SallyportError('ERR_ROUTE_UNKNOWN', 'there is no such route', { remedy: 'Propose it anew with this version.' });
}

function noSubject(): never {
  throw new SallyportError('ERR_UPSTREAM_CREDENTIAL', 'Nobody vouches for callers here.', { internal: 'no issuer of our own', dispatched: false });
}

function closed(): never {
  throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'Nobody can sign in here now.', { remedy: 'Try again when control\'s door is open.' });
}

/** The last good snapshot first, so that gateways have one at once; then what the store holds now, if it compiles. */
async function takeIntoForce(control: Control, report: ControlParts['report']): Promise<void> {
  const latest = await control.store.snapshots.latest();
  if (latest !== undefined && !control.snapshots.adopt(latest)) report(`snapshot ${latest.version} is not signed by this control's key; it is not used`);
  // A snapshot decides nothing without a lease, and compiling may take long: gateways that wait for both get them now.
  if (control.snapshots.current !== undefined) await control.lease.renew();
  try {
    const by = { admin: { id: 'sallyport|control', may: [] }, space: DEFAULT_SPACE };
    await control.change(by, { resource: 'snapshot', id: 'start', verb: 'compile' }, async () => undefined, { unlessInForce: true });
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'the configuration does not compile';
    control.snapshots.tell('store', problem);
    report(`the stored configuration is not in force: ${problem}`);
    report(
      control.snapshots.current === undefined ? 'nothing is in force: everything is denied' : `snapshot ${control.snapshots.current.version} stays in force`,
    );
    await control.lease.renew();
  }
  await control.known.tend();
}

/** What is compiled is what is stored, with what detectors are made of. */
function compileWith(compiler: Control['compiler'], knowledge: () => Control['knowledge']): (stored: Configuration) => Promise<string> {
  return async (stored) => {
    const detection = await knowledge().detection();
    return compiler.compile(detection === undefined ? stored : { ...stored, detection });
  };
}

/** What does not compile now is compiled with the next change; until then gateways inspect by what they have, and the status says so. */
async function publishDetection({ change, snapshots, knowledge }: Control): Promise<boolean> {
  const { edition } = knowledge.detecting;
  const by = { admin: { id: 'sallyport|control', may: [] }, space: DEFAULT_SPACE };
  const what = { resource: 'detection', id: 'detection', verb: 'update', detail: edition === undefined ? { shipped: true } : { ...edition } };
  try {
    await change(by, what, async () => undefined, { unlessInForce: true });
    snapshots.tell('detection');
    return true;
  } catch (error) {
    const why = error instanceof SallyportError ? `${error.code}: ${error.message}` : 'something broke';
    snapshots.tell('detection', `gateways are not told what detectors are to be made of: ${why}`);
    return false;
  }
}

/** What somebody changes behind control's back while it runs is noticed without waiting for the next change. */
function watchConfiguration({ configuration, store, snapshots, report }: Control): () => Promise<void> {
  const timer = setInterval(() => {
    const before = configuration.problem;
    store.transaction((rows) => configuration.check(rows)).then(() => snapshots.tell('configuration'), (error: unknown) => {
      const problem = error instanceof SallyportError ? `${error.code}: ${error.message}` : 'the stored configuration cannot be checked';
      snapshots.tell('configuration', problem);
      if (configuration.problem !== before) report(`${problem}. What is in force stays in force; nothing can be changed until that is settled.`);
    });
  }, LIMITS.configurationLookMs);
  return async () => clearInterval(timer);
}

/** Where replicas run, each looks; a silence that two see in one moment is on record twice, never not at all. */
function listenForSilence({ report, ...control }: Control): () => Promise<void> {
  return every(LIMITS.watchLookMs, () => noteSilence(control), (why) => report(`watchers of files cannot be looked after: ${why}`));
}

/** What is over holds nothing, whoever looks; that it is over, control says. */
function endContainments({ report, ...control }: Control): () => Promise<void> {
  return every(LIMITS.containmentLookMs, () => expireContainments(control), (why) => report(`containments cannot be looked after: ${why}`));
}

/** Another control of the same store may publish too; what it signs with the same key is taken over. */
async function followStore(control: Control, report: ControlParts['report']): Promise<() => Promise<void>> {
  return control.store.listen(() => {
    control.store.snapshots.latest()
      .then((latest) => latest === undefined || control.snapshots.adopt(latest))
      .catch((error: unknown) => report(`the store cannot be read: ${error instanceof Error ? error.message : 'unknown'}`));
  });
}

function renewLeases(control: Control, leaseMs: number, report: ControlParts['report']): () => Promise<void> {
  const timer = setInterval(() => {
    control.lease.renew().catch((error: unknown) => report(`no new lease, gateways will deny soon: ${error instanceof Error ? error.message : 'unknown'}`));
  }, leaseMs / RENEWALS_PER_LEASE);
  return async () => clearInterval(timer);
}

async function answers(link: Link, verb: string, body: JsonObject): Promise<boolean> {
  try {
    await link.call(verb, body, { timeoutMs: ANSWER_MS });
    return true;
  } catch {
    return false;
  }
}
