import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { ACCESSES } from '../access.ts';
import type { Control } from '../control.ts';
import type { Admin, Route } from '../route.ts';
import { SallyportError } from '../../domain/errors.ts';

/** An administrator as a session of control's door makes one. */
export function person(name: string, ...groups: readonly string[]): Admin {
  return { id: `https://issuer.example|${name}`, may: ACCESSES, proof: { via: 'session', kind: 'person', groups, proof: 'bearer', issuedAt: Date.now() } };
}

export const ROOT: Admin = { id: 'sallyport|admin', may: ACCESSES, proof: { via: 'root', kind: 'workload', groups: [], proof: 'bearer', issuedAt: 0 } };

export interface Wanted {
  readonly space?: string;
  readonly body?: JsonObject;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

/** What a route answers somebody, or the code of its refusal. */
export async function ask(
  control: Control, admin: Admin, method: Route['method'], path: string, wanted: Wanted = {},
): Promise<{ readonly code: string; readonly body: JsonObject }> {
  const { space, body, params = {}, query = {} } = wanted;
  try {
    const answer = await control.routeOf(method, path).run({
      admin, params, query: { ...query, ...(space === undefined ? {} : { space }) }, body, signal: AbortSignal.timeout(20_000),
    }, control);
    const value: Json = typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer ? null : answer;
    return { code: '', body: isObject(value) ? value : {} };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { code: error.code, body: { message: error.message, remedy: error.remedy ?? '', ...error.data } };
  }
}
