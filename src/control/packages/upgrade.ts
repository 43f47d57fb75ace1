import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { LaunchSpec, PackagePin } from '../../domain/server.ts';
import { readEntry } from '../../packages/entry.ts';
import { compareEntries } from '../../packages/store.ts';
import { bareSpec, readPackageCommand, withSpecs } from '../../registry/packages.ts';
import type { By, Control } from '../control.ts';
import { LAUNCH } from '../servers/schema.ts';
import { showServer } from '../servers/show.ts';
import { needStored, putStored } from '../stored.ts';

interface Upgrade {
  readonly version?: string;
  readonly dryRun: boolean;
}

/** How many files are named; the others are counted. */
const FILES_SHOWN = 200;

/**
 * Another pin for a server: fetched, compared with what it runs from, and put in its place, where it waits to be read and approved
 * like any server that is started in another way. Throws `ERR_PACKAGE_*`, `ERR_CONFLICT`, `ERR_REQUEST_INVALID`.
 */
export async function upgradeServer(by: By, id: string, { version, dryRun }: Upgrade, control: Control): Promise<Json> {
  const { space, admin } = by;
  const { body: { endpoint } } = await needStored(control.store, 'server', space, id);
  const launch = endpoint.transport === 'stdio' ? unpinned(endpoint.launch, version) : undefined;
  if (endpoint.transport !== 'stdio' || launch === undefined) {
    throw new SallyportError('ERR_REQUEST_INVALID', `${id} runs from no package`, { remedy: 'Only servers that were declared by npx or uvx are upgraded.' });
  }
  const before = endpoint.launch.package;
  const next = await control.packages.pin(by, launch);
  const difference = await differenceOf(control, before?.digest, next.package?.digest);
  if (dryRun || before?.digest === next.package?.digest) return { id, changed: false, package: presentPin(next), ...difference };
  const detail = { from: before?.digest ?? null, to: next.package?.digest ?? null, package: `${next.package?.name ?? ''}@${next.package?.version ?? ''}` };
  return control.change(by, { resource: 'server', id, verb: 'upgrade', detail }, async (rows) => {
    const server = await needStored(rows, 'server', space, id);
    if (!Bun.deepEquals(server.body.endpoint, endpoint)) {
      const remedy = `Upgrade it again: sallyport server upgrade ${id}`;
      throw new SallyportError('ERR_CONFLICT', 'the server was changed while its package was fetched', { remedy });
    }
    const declaredBy = admin.proof === undefined ? {} : { declaredBy: admin.id };
    const moved = { endpoint: { transport: 'stdio' as const, launch: LAUNCH.parse(next) }, status: 'declared' as const, moved: true as const };
    const body = { ...server.body, ...declaredBy, ...moved };
    await putStored(rows, 'server', space, id, body, admin.id);
    // What it said before is not what it says now.
    for (const kind of ['candidate', 'drift'] as const) await rows.delete(kind, space, id, { by: admin.id });
    return { id, changed: true, package: presentPin(next), ...difference, server: await showServer(rows, space, id, control) };
  });
}

/** The launch as it was declared, its package with the version that is wanted; undefined: it runs from none. */
function unpinned({ package: pin, ...launch }: LaunchSpec, version: string | undefined): LaunchSpec | undefined {
  const declared = pin?.declared ?? [launch.command, ...launch.args];
  const read = readPackageCommand(declared);
  if (read === undefined || read.ecosystem === 'oci') return undefined;
  const specs = read.specs.map(({ text }, index) => {
    const bare = bareSpec(read.ecosystem, text);
    return index === 0 && version !== undefined ? `${bare}${joint(read.ecosystem, version)}${version}` : bare;
  });
  const [command = '', ...args] = withSpecs(declared, read, specs);
  return { ...launch, command, args };
}

/** `name@1.2.3` in one world, `name==1.2.3` or `name>=1.2` in the other. */
function joint(ecosystem: PackagePin['ecosystem'], version: string): string {
  if (ecosystem === 'npm') return '@';
  return /^\d/.test(version) ? '==' : '';
}

function presentPin({ package: pin }: LaunchSpec): Json {
  return pin === undefined ? null : { ...pin, declared: [...pin.declared] };
}

async function differenceOf({ packages }: Control, before: string | undefined, after: string | undefined): Promise<Record<string, Json>> {
  if (before === undefined || after === undefined || before === after) return { packages: [], files: [], filesChanged: 0, warnings: [] };
  // What was there before may be gone by now, or damaged: that is no reason against a newer one.
  const was = await readEntry(packages.folder, before).catch(() => undefined);
  const gone = 'what it ran from is not in the store any more: nothing can be compared';
  if (was === undefined) return { packages: [], files: [], filesChanged: 0, warnings: [gone] };
  const { packages: changed, files, warnings } = compareEntries(was, await readEntry(packages.folder, after));
  return {
    packages: changed.map((one): Json => ({ ...one })), files: files.slice(0, FILES_SHOWN).map((one): Json => ({ ...one })),
    filesChanged: files.length, warnings,
  };
}
