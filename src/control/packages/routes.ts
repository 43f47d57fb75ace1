import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { readEntry } from '../../packages/entry.ts';
import { findEntry, listEntries, removeEntry } from '../../packages/store.ts';
import type { Stored } from '../../packages/store.ts';
import { verifyWhole } from '../../packages/verify.ts';
import type { Rows } from '../../store/store.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored } from '../stored.ts';
import { upgradeServer } from './upgrade.ts';

const UPGRADE = z.strictObject({
  /** An exact version, or a range; absent: the newest that is old enough. */
  version: z.string().regex(/^[\w.+!*^~<>=-]{1,100}$/).exactOptional(),
  /** Fetches and compares, and changes no server. */
  dryRun: z.boolean().default(false),
});

/** The store of packages is the installation's; which server runs from which entry is each space's. */
export const packageRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/packages', summary: 'Entries of the package store, and which servers run from each', access: 'read', reach: 'organisation',
    act: async (_, { packages, store }) => {
      const users = await usersOf(store);
      return {
        entries: (await listEntries(packages.folder)).map((one) => ({ ...present(one), servers: [...(users.get(one.digest) ?? [])] })),
        doing: packages.doing ?? null,
      };
    },
  }),
  route({
    method: 'GET', path: '/packages/:digest', summary: 'What one entry holds: packages, provenance and notes', access: 'read', reach: 'organisation',
    act: async ({ params }, { packages }) => {
      const found = await findEntry(packages.folder, params['digest'] ?? '');
      const { files, packages: all, ...entry } = await readEntry(packages.folder, found.digest);
      return { ...present(found), ...entry, files: files.length, packages: all };
    },
  }),
  route({
    method: 'POST', path: '/packages/:digest/verify', summary: 'Read every byte of an entry again', access: 'read', reach: 'organisation',
    act: async ({ admin, space, params }, control) => {
      const found = await findEntry(control.packages.folder, params['digest'] ?? '');
      await verified(control, { admin, space }, found.digest);
      return { ...present(found), verified: true };
    },
  }),
  route({
    method: 'DELETE', path: '/packages/:digest', summary: 'Remove an entry that no server runs from', access: 'change', reach: 'organisation',
    act: async ({ admin, space, params }, control) => {
      const { digest } = await findEntry(control.packages.folder, params['digest'] ?? '');
      const users = (await usersOf(control.store)).get(digest);
      if (users !== undefined) {
        throw new SallyportError('ERR_CONFLICT', `${[...users].join(', ')} runs from it`, { remedy: 'Remove or upgrade that server first.' });
      }
      await remove(control, { admin, space }, [digest]);
      return { removed: [digest] };
    },
  }),
  route({
    method: 'POST', path: '/packages/collect', summary: 'Remove every entry that no server runs from', access: 'change', reach: 'organisation',
    act: async ({ admin, space }, control) => {
      const users = await usersOf(control.store);
      const unused = (await listEntries(control.packages.folder)).map(({ digest }) => digest).filter((digest) => !users.has(digest));
      await remove(control, { admin, space }, unused);
      return { removed: unused };
    },
  }),
  route({
    method: 'POST', path: '/servers/:id/upgrade', summary: 'Pin a newer version of a server\'s package; what it changes is shown, and waits for approval',
    access: 'change', reach: 'space', body: UPGRADE,
    act: ({ admin, space, params, body }, control) => upgradeServer({ admin, space }, params['id'] ?? '', body, control),
  }),
];

function present({ digest, installedAt, entry }: Stored): Record<string, Json> {
  if (entry === undefined) return { digest, installedAt, damaged: true };
  const { ecosystem, name, version, packages, files } = entry;
  const provenance = packages.find((one) => one.name === name)?.provenance;
  return {
    digest, installedAt, package: `${ecosystem}:${name}@${version}`, count: packages.length,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    attested: packages.filter((one) => one.provenance !== undefined).length, ...(provenance === undefined ? {} : { repository: provenance.repository }),
  };
}

async function usersOf(rows: Rows): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const users = new Map<string, Set<string>>();
  for (const { space, id, body: { endpoint } } of await listStored(rows, 'server')) {
    const digest = endpoint.transport === 'stdio' ? endpoint.launch.package?.digest : undefined;
    if (digest !== undefined) users.set(digest, (users.get(digest) ?? new Set()).add(space === 'default' ? id : `${space}/${id}`));
  }
  return users;
}

async function verified({ packages, record }: Control, by: By, digest: string): Promise<void> {
  try {
    await verifyWhole(packages.folder, digest);
  } catch (error) {
    if (error instanceof SallyportError) {
      const who = { space: by.space, ...whoOf(by.admin) };
      await record({ event: 'package.refused', ...who, action: 'package.verify', code: error.code, reason: error.message, detail: { digest } });
    }
    throw error;
  }
}

async function remove({ packages, record }: Control, by: By, digests: readonly string[]): Promise<void> {
  for (const digest of digests) {
    const detail = { resource: 'package', id: digest, verb: 'remove' };
    await record({ event: 'config.changed', space: by.space, ...whoOf(by.admin), action: 'package.remove', detail });
    await removeEntry(packages.folder, digest);
  }
}
