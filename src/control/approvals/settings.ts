import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { APPROVALS_SHAPE, type ApprovalsShape } from '../../registry/approval-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';

const ID = 'approvals';

/** What the manifest of the default space says of approvals, for the whole installation. */
export async function readApprovals(rows: Rows): Promise<ApprovalsShape> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return row === undefined ? {} : APPROVALS_SHAPE.parse(row.body);
}

/** Whether anything changed. Throws `ERR_CONFIG_INVALID`: who may approve alone is the organisation's to say. */
export async function writeApprovals(rows: Rows, space: string, approvals: ApprovalsShape, by: string): Promise<boolean> {
  const isNone = Object.keys(approvals).length === 0;
  if (space !== DEFAULT_SPACE) {
    if (isNone) return false;
    throw new SallyportError('ERR_CONFIG_INVALID', `approvals are the installation's, not the space ${space}'s`, { remedy: 'Set them in the default space.' });
  }
  if (Bun.deepEquals(await readApprovals(rows), approvals)) return false;
  await (isNone ? rows.delete('setting', space, ID, { by }) : rows.put('setting', space, ID, decodeJson(JSON.stringify(approvals)), { by }));
  return true;
}
