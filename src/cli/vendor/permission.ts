import { resolve } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import { asJson } from '../../control/as-json.ts';
import { parseManifestText } from '../../registry/manifest-text.ts';
import { PERMISSION } from '../../vendor/probe/permission.ts';
import type { Permission } from '../../vendor/probe/permission.ts';
import { show } from '../command.ts';
import { objects, part, text } from '../json-view.ts';
import { readPlain } from '../plain-file.ts';
import { table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

/** Throws `ERR_FILE_UNREADABLE`, `ERR_CONFIG_SYNTAX` and `ERR_CONFIG_INVALID` with each place. */
export async function readPermission(path: string): Promise<Permission> {
  const file = parseManifestText(await readPlain(path, LIMITS.bodyBytesMax), path);
  const read = PERMISSION.safeParse(file.value, { reportInput: false });
  if (read.success) return read.data;
  throw file.invalid(read.error.issues.map(({ path: at, message }) => ({ path: at.filter((one) => typeof one !== 'symbol'), message })),
    'docs/vendor-probes.md has an example; nothing was asked');
}

export const permit: Verb = {
  usage: `permit FILE
          FILE: the leave to probe a vendor's endpoints: who gave it, until when, how far (docs/vendor-probes.md)`,
  run: async ({ client, io, need, options }) => {
    const permission = await readPermission(resolve(io.cwd, need(0, 'the file of the permission')));
    const answer = await client.send('PUT', `/vendor-permissions/${encodeURIComponent(permission.vendor)}`, asJson(permission));
    show(io, options.json, answer, () => `The endpoints of ${permission.vendor} may be probed until ${permission.until}.\n`);
    return 0;
  },
};

export const permissions: Verb = {
  usage: 'permissions',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/vendor-permissions');
    show(io, options.json, answer, () => table(['vendor', 'by', 'until', 'endpoints', 'consents', 'where it is written'],
      objects(part(answer, 'permissions')).map((one) => [
        text(one['vendor']), text(one['by']), text(one['until']), text(one['endpoints']), text(one['consents']), text(one['reference']),
      ])));
    return 0;
  },
};

export const forbid: Verb = {
  usage: 'forbid VENDOR',
  run: async ({ client, io, need, options }) => {
    const vendor = need(0, 'the vendor');
    const answer = await client.send('DELETE', `/vendor-permissions/${encodeURIComponent(vendor)}`);
    show(io, options.json, answer, () => `The endpoints of ${vendor} are probed no more.\n`);
    return 0;
  },
};
