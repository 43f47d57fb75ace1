import type { Manifest } from '../../registry/manifest.ts';
import { formatManifest } from '../../registry/manifest.ts';
import type { Rows } from '../../store/store.ts';
import { listStored } from '../stored.ts';
import { readNetwork } from './settings.ts';

export interface Exported {
  readonly text: string;
  readonly policies: readonly { readonly file: string; readonly text: string }[];
}

/** One space as a manifest that would make it again. Holds references to secrets, never secrets. */
export async function exportManifest(rows: Rows, space: string): Promise<Exported> {
  const { listen, publicUrl, trustedProxy, extraRoots: _, ...network } = await readNetwork(rows);
  const policies = (await listStored(rows, 'policy', space)).map(({ body }) => ({ file: body.file, text: body.source }));
  const manifest: Manifest = {
    gateway: { listen, publicUrl, ...(trustedProxy === undefined ? {} : { trustedProxy }) }, network,
    servers: (await listStored(rows, 'server', space)).map(({ id, body: { status: _status, reason: _reason, ...definition } }) => ({ id, ...definition })),
    toolsets: (await listStored(rows, 'toolset', space)).map(({ id, body }) => ({ id, ...body })),
    roles: Object.fromEntries((await listStored(rows, 'role', space)).map(({ id, body }) => [id, body])),
    bindings: (await listStored(rows, 'binding', space)).map(({ body }) => body),
    policies: policies.map(({ file }) => file),
    exceptions: await exportExceptions(rows, space),
    findings: [],
  };
  return { text: formatManifest(manifest), policies };
}

async function exportExceptions(rows: Rows, space: string): Promise<Manifest['exceptions']> {
  return (await listStored(rows, 'exception', space)).flatMap(({ body: { scope, reason, owner, approver, expiresAt } }) =>
    scope.kind === 'exposure'
      ? [{ scope: { server: scope.server, rule: scope.rule }, reason, owner, approver, expires: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z') }]
      : []);
}
