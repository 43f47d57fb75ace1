import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { LaunchSpec } from '../../domain/server.ts';
import type { Link } from '../../link/connect.ts';
import type { PackageRule, Sources } from '../../packages/ask.ts';
import { readEntry } from '../../packages/entry.ts';
import { packageFault } from '../../packages/fault.ts';
import { installNpm, installPypi } from '../../packages/install.ts';
import type { Installed, InstallParts } from '../../packages/install.ts';
import { clearStaging, stageEntry } from '../../packages/stage.ts';
import { readPackagePolicy } from '../../registry/package-shape.ts';
import type { PackagePolicy, PackagesShape } from '../../registry/package-shape.ts';
import { readPackageCommand } from '../../registry/packages.ts';
import type { PackageCommand } from '../../registry/packages.ts';
import type { AddressGuard } from '../../upstream/address.ts';
import type { Rows } from '../../store/store.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import type { StoredException } from '../exceptions/schema.ts';
import type { Network } from '../manifest/schema.ts';
import { readNetwork } from '../manifest/settings.ts';
import { listStored } from '../stored.ts';
import { createTurn } from '../turn.ts';
import { containerLaunch } from './container.ts';
import { askInterpreter, npmMachine } from './machine.ts';
import { checkOptions, pinnedLaunch } from './pin.ts';
import { createRegistryAsk } from './registry-ask.ts';
import { readPackages } from './settings.ts';

/** Fetches packages when servers are declared, into the store that the runner starts them from. */
export interface PackageKeeper {
  /** The store's folder. */
  readonly folder: string;
  /**
   * The launch that runs an entry of the store, if the command names a package to be fetched; any other launch as it is. Throws
   * `ERR_PACKAGE_*`, `ERR_LAUNCH_*`, and `ERR_REQUEST_INVALID` for a pin that somebody else made.
   */
  pin(by: By, launch: LaunchSpec, under?: PinUnder): Promise<LaunchSpec>;
  /** What it is doing at the moment, in words; undefined: nothing. */
  readonly doing: string | undefined;
}

/** Settings that are about to be in force, in place of those that are. */
export interface PinUnder {
  readonly packages?: PackagesShape;
  readonly network?: Partial<Network>;
  readonly exceptions?: readonly StoredException[];
}

export interface PackageParts {
  readonly home: string;
  readonly store: Rows;
  readonly runner: Pick<Link, 'call'>;
  readonly record: Control['record'];
  readonly guard: AddressGuard;
  readonly now: () => number;
  /** How long a registry may say nothing. Default: `LIMITS.bodyTimeoutMs`. */
  readonly idleMs?: number;
}

export function createPackageKeeper(parts: PackageParts): PackageKeeper {
  const folder = join(parts.home, 'packages');
  // One after the other: two servers of one package need one download.
  const turn = createTurn();
  let cleared: Promise<void> | undefined;
  let doing: string | undefined;
  return {
    folder,
    get doing() {
      return doing;
    },
    pin: async (by, launch, under = {}) => {
      const read = readPackageCommand([launch.command, ...launch.args]);
      if (launch.package !== undefined) throw foreignPin();
      if (read === undefined) return launch;
      if (read.ecosystem === 'oci') return containerLaunch(launch, read);
      checkOptions(read);
      return turn(async () => {
        await (cleared ??= clearStaging(folder));
        try {
          const { digest, entry } = await install({ ...parts, by, under, tell: (stage) => (doing = stage) }, folder, read);
          const pinned = pinnedLaunch(launch, read, await readEntry(folder, digest), digest);
          await parts.record({ event: 'package.installed', space: by.space, ...whoOf(by.admin), action: 'package.install', detail: describe(entry, digest) });
          return pinned;
        } catch (error) {
          if (error instanceof SallyportError && error.code.startsWith('ERR_PACKAGE_')) await recordRefusal(parts, by, read, error);
          throw error;
        } finally {
          doing = undefined;
        }
      });
    },
  };
}

function foreignPin(): SallyportError {
  return new SallyportError('ERR_REQUEST_INVALID', 'only control itself pins packages', { remedy: 'Give the command that names the package (npx, uvx).' });
}

function describe({ ecosystem, name, version, packages }: Installed['entry'], digest: string): Json {
  const provenance = packages.find((one) => one.name === name)?.provenance;
  return {
    package: `${ecosystem}:${name}@${version}`, digest, packages: packages.length, attested: packages.filter((one) => one.provenance !== undefined).length,
    ...(provenance === undefined ? {} : { repository: provenance.repository }),
  };
}

async function recordRefusal({ record }: PackageParts, by: By, { ecosystem, specs }: PackageCommand, error: SallyportError): Promise<void> {
  await record({
    event: 'package.refused', space: by.space, ...whoOf(by.admin), action: 'package.install', code: error.code, reason: error.message,
    detail: { packages: specs.map(({ text }) => `${ecosystem}:${text}`) },
  });
}

interface Installing extends PackageParts {
  readonly by: By;
  readonly under: PinUnder;
  readonly tell: (stage: string) => void;
}

async function install(parts: Installing, folder: string, read: PackageCommand): Promise<Installed> {
  const policy = readPackagePolicy(parts.under.packages ?? await readPackages(parts.store));
  const ended = new AbortController();
  const late = setTimeout(() => ended.abort(), LIMITS.packageMs);
  const staging = await stageEntry(folder);
  try {
    const sources = await sourcesOf(parts, policy, ended.signal);
    const installing: InstallParts = { sources, staging, provenance: policy.provenance, tell: parts.tell };
    const asked = { specs: read.specs.map(({ text }) => text) };
    return read.ecosystem === 'npm'
      ? await installNpm(asked, npmMachine(), installing)
      : await installPypi(asked, await askInterpreter(parts.runner), installing);
  } catch (error) {
    await staging.discard();
    if (error instanceof SallyportError || !ended.signal.aborted) throw error;
    throw packageFault('ERR_PACKAGE_UNREACHABLE', 'registry', 'fetching took too long');
  } finally {
    clearTimeout(late);
    // What still waits for an answer after a refusal is not waited for.
    ended.abort();
  }
}

async function sourcesOf({ store, guard, now, idleMs, by, under }: Installing, policy: PackagePolicy, signal: AbortSignal): Promise<Sources> {
  const { npm, pypi, scopes, coolingOffMs } = policy;
  const registries = [npm, pypi, ...Object.values(scopes)];
  const excepted = exceptedBy([...(await listStored(store, 'exception', by.space)).map(({ body }) => body), ...(under.exceptions ?? [])], now());
  return {
    ask: createRegistryAsk({ guard, network: { ...(await readNetwork(store)), ...under.network }, registries, signal,
      ...(idleMs === undefined ? {} : { idleMs }) }),
    npm, pypi, scopes, publishedBefore: now() - coolingOffMs, excepts: (rule, ecosystem, name) => excepted.has(`${rule} ${ecosystem}:${name}`),
  };
}

/** What people took responsibility for, by rule and package. */
function exceptedBy(exceptions: readonly StoredException[], now: number): ReadonlySet<`${PackageRule} ${string}`> {
  const inForce = exceptions.filter(({ expiresAt }) => expiresAt > now);
  return new Set(inForce.flatMap(({ scope }) => (scope.kind === 'package' ? [`${scope.rule} ${scope.package}` as const] : [])));
}

