import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { NAME } from '../names.ts';
import { findStored, putStored } from '../stored.ts';
import { TRIED, type ServerFinding } from './schema.ts';

/** What egress says that a local server tried to reach. */
export const CONNECTION_REFUSED = z.strictObject({ space: NAME, server: NAME, ...TRIED.pick({ host: true, port: true, code: true }).shape });
type ConnectionRefused = z.infer<typeof CONNECTION_REFUSED>;

/** Keeps it with the server until somebody approves that anew; the journal has it for ever. The oldest makes room. */
export async function recordRefusedConnection(control: Control, { space, server, host, port, code }: ConnectionRefused): Promise<Json> {
  const now = control.now();
  await control.store.transaction(async (rows) => {
    if (await findStored(rows, 'server', space, server) === undefined) throw new SallyportError('ERR_SERVER_UNKNOWN', 'no such server is registered');
    const known = (await findStored(rows, 'refused', space, server))?.body.tried ?? [];
    const isSame = (one: (typeof known)[number]): boolean => one.host === host && one.port === port;
    const before = known.find(isSame);
    const others = known.filter((one) => !isSame(one)).toSorted((one, other) => other.lastAt - one.lastAt).slice(0, LIMITS.egressTriedMax - 1);
    const entry = { host, ...(port === undefined ? {} : { port }), code, firstAt: before?.firstAt ?? now, lastAt: now, reports: (before?.reports ?? 0) + 1 };
    await putStored(rows, 'refused', space, server, { tried: [entry, ...others] }, 'egress');
  });
  return {};
}

/** Each as a finding on the server. */
export async function findRefused(rows: Rows, space: string, server: string): Promise<readonly ServerFinding[]> {
  const { tried = [] } = (await findStored(rows, 'refused', space, server))?.body ?? {};
  return tried.map(({ host, port, code, firstAt, lastAt }) => ({
    rule: 'connection-refused', severity: 'warn', item: `${host}${port === undefined ? '' : `:${port}`}`,
    message: `it tried to reach this and was stopped (${code}; first ${new Date(firstAt).toISOString()}, last ${new Date(lastAt).toISOString()}): `
      + 'find out why; if it is meant to, add it to sandbox.network',
  }));
}
