import type { JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import type { Endpoint, LaunchSpec } from '../../domain/server.ts';
import { readPackageCommand } from '../../registry/packages.ts';
import { decodeJson } from '../../store/body.ts';
import type { By, Control } from '../control.ts';
import { findStored } from '../stored.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Wanted, WantedRow } from '../manifest/wanted.ts';
import { EXCEPTION } from '../exceptions/schema.ts';
import type { PinUnder } from './keeper.ts';
import { LAUNCH } from '../servers/schema.ts';

/** The same server, started from the package store where its command would fetch a package. Throws `ERR_PACKAGE_*`. */
export async function pinDefinition<T extends { readonly endpoint: Endpoint }>(by: By, definition: T, { packages }: Pick<Control, 'packages'>): Promise<T> {
  const { endpoint } = definition;
  return endpoint.transport === 'stdio' ? { ...definition, endpoint: { ...endpoint, launch: await packages.pin(by, endpoint.launch) } } : definition;
}

/**
 * The servers of a manifest, each with its package. One whose command is as it was keeps what it runs, without asking any registry:
 * applying the same file again changes nothing. With `dryRun` nothing new is fetched.
 */
export async function pinRows(by: By, wanted: Wanted, dryRun: boolean, control: Pick<Control, 'packages' | 'store'>): Promise<readonly WantedRow[]> {
  const pinned: WantedRow[] = [];
  const { packages = {} } = wanted.installation;
  const under: PinUnder = {
    // What the file says of packages holds for what it declares, though nothing of it is in force yet.
    ...(by.space === DEFAULT_SPACE ? { packages, ...(wanted.network === undefined ? {} : { network: wanted.network }) } : {}),
    exceptions: wanted.rows.filter(({ kind }) => kind === 'exception').map(({ body }) => EXCEPTION.parse({ createdAt: 0, ...(isObject(body) ? body : {}) })),
  };
  for (const row of wanted.rows) pinned.push(row.kind === 'server' ? await pinRow(by, row, dryRun ? undefined : under, control) : row);
  return pinned;
}

async function pinRow(by: By, row: WantedRow, under: PinUnder | undefined, { packages, store }: Pick<Control, 'packages' | 'store'>): Promise<WantedRow> {
  const endpoint = isObject(row.body) ? row.body['endpoint'] : undefined;
  if (!isObject(row.body) || !isObject(endpoint) || endpoint['transport'] !== 'stdio') return row;
  const wanted = LAUNCH.parse(endpoint['launch']);
  const declared = [wanted.command, ...wanted.args];
  if (readPackageCommand(declared) === undefined) return row;
  const before = (await findStored(store, 'server', by.space, row.id))?.body.endpoint;
  const kept = before?.transport === 'stdio' && Bun.deepEquals(before.launch.package?.declared, declared) ? before.launch : undefined;
  if (kept?.package !== undefined) return withLaunch(row, row.body, { ...wanted, command: kept.command, args: kept.args, package: kept.package });
  return under === undefined ? row : withLaunch(row, row.body, await packages.pin(by, wanted, under));
}

function withLaunch(row: WantedRow, body: JsonObject, launch: LaunchSpec): WantedRow {
  return { ...row, body: decodeJson(JSON.stringify({ ...body, endpoint: { transport: 'stdio', launch } })) };
}
