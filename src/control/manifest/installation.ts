import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';

/** A setting of the whole installation, which only the manifest of the default space says. */
export interface InstallationSetting<T> {
  /** Empty where nothing is said. */
  readonly read: (rows: Pick<Rows, 'get'>) => Promise<T>;
  /** Whether anything changed. Throws `ERR_CONFIG_INVALID` for another space than the default one. */
  readonly write: (rows: Rows, space: string, value: T, by: string) => Promise<boolean>;
}

/** `id`: its key in the manifest and in the store. */
export function installationSetting<T extends object>(id: string, shape: { parse(body: unknown): T }): InstallationSetting<T> {
  const read = async (rows: Pick<Rows, 'get'>): Promise<T> => shape.parse((await rows.get('setting', DEFAULT_SPACE, id))?.body ?? {});
  return {
    read,
    write: async (rows, space, value, by) => {
      const isNone = Object.keys(value).length === 0;
      if (space !== DEFAULT_SPACE) {
        if (isNone) return false;
        throw new SallyportError('ERR_CONFIG_INVALID', `${id}: it is of the whole installation, not of the space ${space}`, {
          remedy: 'Set it in the default space.',
        });
      }
      if (Bun.deepEquals(await read(rows), value)) return false;
      await (isNone ? rows.delete('setting', space, id, { by }) : rows.put('setting', space, id, decodeJson(JSON.stringify(value)), { by }));
      return true;
    },
  };
}
