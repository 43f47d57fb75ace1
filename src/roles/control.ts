import './quiet-provider.ts';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { createJournal } from '../audit/journal.ts';
import { readRefused } from '../audit/log/seen.ts';
import { certifyGateway } from '../control/certify.ts';
import { SallyportError } from '../domain/errors.ts';
import { createControl } from '../control/start.ts';
import type { OwnMemory } from '../control/recovery/keeper.ts';
import type { Certify } from '../control/certify.ts';
import type { Control } from '../control/control.ts';
import type { Origin } from '../control/manifest/on-disk.ts';
import { readNetwork } from '../control/manifest/settings.ts';
import { openAuthority } from '../link/authority.ts';
import { ensureRoleKey } from '../link/keys.ts';
import { refusedOnLink } from '../link/refused.ts';
import { serveLink, type LinkServer } from '../link/serve.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { createStoreState } from '../store/state-store.ts';
import { countRecords } from '../telemetry/count-records.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import type { RecoveryKeys } from '../recovery/order.ts';
import { openFloor } from './floor.ts';
import { addressOf } from './gateway-door.ts';
import type { FleetOptions } from './fleet.ts';
import { openMachines } from './control-machines.ts';
import { joinControlTelemetry } from './control-telemetry.ts';
import { checkDeclared, checkOwnFiles } from './own-files.ts';

export interface ControlOptions {
  readonly home: string;
  /** A sallyport.yaml that the store is made to match at the first start; later it takes an `apply`. */
  readonly manifest?: string;
  /** Who changed it when, where what control sees of it is a copy. */
  readonly manifestOrigin?: Origin | undefined;
  /** It takes effect whenever it is changed, whoever changes it. */
  readonly watch?: boolean;
  /** Default: SQLite at `<home>/control/store.db`. */
  readonly databaseUrl?: string;
  /** PEM of the roots that a database is verified against, in place of the system's. */
  readonly storeRoots?: string;
  /** How long gateways go on deciding when control is away. Default: `LIMITS.leaseMs`. */
  readonly leaseMs?: number;
  /** `host:port` of control's own door. Without it there is a door only where the settings say so. */
  readonly listen?: string;
  /** Plain HTTP at the door, on a loopback address only. */
  readonly insecureLoopback?: boolean;
  /** Where roles on other machines are, and where they find control. */
  readonly fleet?: Pick<FleetOptions, 'listen' | 'peers'>;
  /** How long the certificates of other machines' roles live. Default: `LIMITS.linkCertificateMs`. */
  readonly linkCertificateMs?: number;
}

export interface ControlRole {
  readonly control: Control;
  /** The origin under which its door is reached; absent when it has none. */
  readonly url?: string;
  readonly close: () => Promise<void>;
}

/** Control in this process. Throws `ERR_STORE_*`, `ERR_LINK_AUTH`, `ERR_ALREADY_RUNNING`; a bad manifest is reported, not thrown. */
export async function startControl(options: ControlOptions): Promise<ControlRole> {
  const { home } = options;
  checkOwnFiles(home, 'control');
  const key = ensureRoleKey(home, 'control');
  const roots = options.storeRoots === undefined ? {} : { roots: options.storeRoots };
  const store = await openStore(options.databaseUrl ?? `sqlite:${join(home, 'control', 'store.db')}`, roots);
  const authority = await openAuthority(join(home, 'control'), join(home, 'ca'), new Date());
  const between = await openMachines(options, authority);
  const links = { gateway: between.fleet.link('gateway'), ledger: between.fleet.link('ledger'), runner: between.fleet.link('runner') };
  const seenFile = join(home, 'control', 'seen-control.json');
  const floor = openFloor(home, join(home, 'control', 'orders.json'));
  const kept = createJournal(links.ledger, { node: 'control', incarnation: Bun.randomUUIDv7(), seenFile, leave: floor.leave });
  const metrics = createMetrics('control', 'control');
  const journal = countRecords(kept, metrics);
  const state = createStoreState(store.state, { sole: options.databaseUrl === undefined });
  const certify: Certify = (publicKey, names) => authority.issue(publicKey, names, new Date());
  const memory = { offer: (text: string, keys: RecoveryKeys) => floor.offer(text, keys), refused: () => refusedLog(seenFile) };
  const running = createControl({ home, store, state, journal, key, links, certify, memory, report, leaseMs: options.leaseMs, machines: between.machines });
  const telling = joinControlTelemetry({ home, metrics, control: running.control, journal, certify: (hostname) => certified(store, hostname, certify) });
  let server: LinkServer | undefined;
  const closeRooms = async (): Promise<void> => {
    telling.close();
    between.close();
    await server?.close();
    await running.close();
    kept.close();
    for (const one of Object.values(links)) one.close();
    await store.close();
  };
  try {
    server = await serveLink(
      { home, self: 'control', handlers: running.verbs, onRefused: (refusal) => void running.control.refused(refusedOnLink(refusal)) },
    );
    await running.serve();
    await between.open(server, running.control);
    // What it sees in a jail is a copy: there `up` has looked.
    if (options.manifest !== undefined && options.manifestOrigin === undefined) await checkDeclared(options.manifest);
    if (options.manifest !== undefined) await running.follow({ file: options.manifest, watch: options.watch ?? false, origin: options.manifestOrigin });
    // After the manifest, which says how the vault is opened.
    await sealVersions(running.control);
    await running.control.retention.tend();
    await running.control.telemetry.tend();
    // What the manifest says of the door holds from its first start on.
    const listen = options.listen ?? (await readNetwork(store)).control?.listen;
    const url = listen === undefined ? undefined : await running.open(addressOf(listen, options.insecureLoopback ?? false));
    return {
      control: running.control,
      ...(url === undefined ? {} : { url }),
      close: closeRooms,
    };
  } catch (error) {
    await closeRooms();
    throw error;
  }
}

/** A vault that nobody has unlocked yet seals them when it is used. */
async function sealVersions({ configuration }: Control): Promise<void> {
  try {
    await configuration.tend();
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    report(`versions of the configuration wait for the vault to be sealed: ${error.message}`);
  }
}

/** The checkpoint of a ledger that control does not write to. */
function refusedLog(seenFile: string): ReturnType<OwnMemory['refused']> {
  const refused = readRefused(seenFile);
  if (refused === undefined) return undefined;
  const { origin, size, root } = refused.offered;
  return { origin, size, root };
}

/** A certificate for a key that is made here, under the names of the installation. */
async function certified(store: Store, hostname: string, certify: Certify): Promise<{ readonly cert: string; readonly key: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const asked = { publicKey: publicKey.export({ type: 'spki', format: 'pem' }), hostname };
  return { cert: await certifyGateway(store, asked, certify), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}

function report(line: string): void {
  console.error(`control: ${line}`);
}
