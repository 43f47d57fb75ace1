import { SallyportError } from '../../domain/errors.ts';
import type { By, Control } from '../control.ts';
import { findStored } from '../stored.ts';
import type { StoredContainment } from './schema.ts';

/** Control itself, and who has this access in every space. */
export function mayEverywhere({ admin }: By): boolean {
  return admin.proof === undefined || admin.organisation === true;
}

/**
 * An id of a credential says nothing of its space: what is issued elsewhere is nobody's here to end, nor to let live again. Throws
 * `ERR_ADMIN_FORBIDDEN`.
 */
export async function needOwnCredential({ store }: Pick<Control, 'store'>, by: By, { verb, scope }: Pick<StoredContainment, 'verb' | 'scope'>): Promise<void> {
  const isIssued = scope.target === 'credential' && (verb === 'kill' || verb === 'revoke-tokens');
  if (!isIssued || mayEverywhere(by) || await findStored(store, 'token', by.space, scope.name) !== undefined) return;
  throw new SallyportError('ERR_ADMIN_FORBIDDEN', 'that is no token of this space', { remedy: 'It takes a role for the whole organisation (space "*").' });
}
