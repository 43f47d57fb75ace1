import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { PACKAGES_SHAPE } from '../../registry/package-shape.ts';
import type { PackagesShape } from '../../registry/package-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';

const ID = 'packages';

/** Where packages come from: a setting of the installation, kept in the default space. */
export async function readPackages(rows: Rows): Promise<PackagesShape> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return PACKAGES_SHAPE.parse(row?.body ?? {});
}

/** Whether anything changed. Throws `ERR_CONFIG_INVALID`: the store of packages is everybody's. */
export async function writePackages(rows: Rows, space: string, packages: PackagesShape, by: string): Promise<boolean> {
  const isNone = Object.keys(packages).length === 0;
  if (space !== DEFAULT_SPACE) {
    if (isNone) return false;
    throw new SallyportError('ERR_CONFIG_INVALID', `packages is the installation's, not the space ${space}'s`, { remedy: 'Set it in the default space.' });
  }
  if (Bun.deepEquals(await readPackages(rows), packages)) return false;
  await (isNone ? rows.delete('setting', space, ID, { by }) : rows.put('setting', space, ID, decodeJson(JSON.stringify(packages)), { by }));
  return true;
}
