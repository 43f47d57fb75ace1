import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { AUDIT_SHAPE } from '../../registry/audit-shape.ts';
import type { AuditShape } from '../../registry/audit-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';

const ID = 'audit';

/** What the manifest of the default space says of evidence, for the whole installation. */
export async function readAudit(rows: Rows): Promise<AuditShape> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return AUDIT_SHAPE.parse(row?.body ?? {});
}

/** Whether anything changed. Throws `ERR_CONFIG_INVALID`: no other space's manifest says how long the installation keeps its evidence. */
export async function writeAudit(rows: Rows, space: string, audit: AuditShape, by: string): Promise<boolean> {
  if (space !== DEFAULT_SPACE) {
    if (Object.keys(audit).length === 0) return false;
    throw new SallyportError('ERR_CONFIG_INVALID', `audit is the installation's, not the space ${space}'s`, { remedy: 'Set it in the default space.' });
  }
  if (Bun.deepEquals(await readAudit(rows), audit)) return false;
  await rows.put('setting', space, ID, decodeJson(JSON.stringify(audit)), { by });
  return true;
}
