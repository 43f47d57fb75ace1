import { holds } from '../../incident/contain.ts';
import type { Rows } from '../../store/store.ts';
import { listStored, type Stored } from '../stored.ts';
import type { StoredContainment } from './schema.ts';

/** A containment of one space that holds now, or held a moment ago. */
export type Contained = Stored<StoredContainment>;

/** All that are in force now, of one space or of all. */
export async function activeContainments(rows: Rows, now: number, space?: string): Promise<readonly Contained[]> {
  return (await listStored(rows, 'containment', space)).filter(({ body }) => holds(body, now));
}

/** The servers that a containment is about, by their ids: of a vendor all that are its. Undefined: it names none. */
export async function serversOf(rows: Rows, { space, body: { scope } }: Pick<Contained, 'space' | 'body'>): Promise<readonly string[] | undefined> {
  if (scope.target === 'server') return [scope.name];
  if (scope.target === 'tool') return [scope.name.slice(0, scope.name.indexOf('/'))];
  return scope.target === 'vendor' ? serversOfVendor(rows, space, scope.name) : undefined;
}

async function serversOfVendor(rows: Rows, space: string, vendor: string): Promise<readonly string[]> {
  return (await listStored(rows, 'server', space)).flatMap(({ id, body }) => ('vendor' in body && body.vendor === vendor ? [id] : []));
}
