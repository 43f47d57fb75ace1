import type { By } from '../control.ts';

/** Control itself, and who has this access in every space. */
export function mayEverywhere({ admin }: By): boolean {
  return admin.proof === undefined || admin.organisation === true;
}
