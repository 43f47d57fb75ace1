import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { BACKUP_SHAPE, type BackupShape } from '../../registry/backup-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';

const ID = 'backup';

/** Who can open backups and who may order a recovery, for the whole installation. */
export async function readBackup(rows: Pick<Rows, 'get'>): Promise<BackupShape> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return row === undefined ? {} : BACKUP_SHAPE.parse(row.body);
}

/** Whether anything changed. Throws `ERR_CONFIG_INVALID` for another space than the default one. */
export async function writeBackup(rows: Rows, space: string, backup: BackupShape, by: string): Promise<boolean> {
  const isNone = Object.keys(backup).length === 0;
  if (space !== DEFAULT_SPACE) {
    if (isNone) return false;
    throw new SallyportError('ERR_CONFIG_INVALID', `backups are the installation's, not the space ${space}'s`, { remedy: 'Set them in the default space.' });
  }
  if (Bun.deepEquals(await readBackup(rows), backup)) return false;
  await (isNone ? rows.delete('setting', space, ID, { by }) : rows.put('setting', space, ID, decodeJson(JSON.stringify(backup)), { by }));
  return true;
}
