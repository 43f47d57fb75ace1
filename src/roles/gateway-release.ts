import { SallyportError } from '../domain/errors.ts';
import { isObject, type Json } from '../domain/json.ts';
import type { QuarantineStore } from '../gateway/quarantine/quarantine.ts';
import type { Link } from '../link/connect.ts';
import type { Release, Released } from '../upstream/credentials/leases.ts';
import type { ReleaseSecret } from '../upstream/stdio.ts';

/** Credentials of servers, released by control one at a time (invariant 8). */
export function releaseOver(control: Link): Release {
  return async (request) => readReleased(await control.call('control.release', { ...request }), request.server);
}

/** What a local server's environment refers to, released at its launch. */
export function secretsOver(control: Link): ReleaseSecret {
  return async (request) => {
    const answer = await control.call('control.release', { ...request });
    const value = isObject(answer) ? answer['value'] : undefined;
    if (typeof value !== 'string') throw nothing(request.server);
    return { value };
  };
}

/** Where answers are kept that people must look at first. */
export function quarantineOver(control: Link): QuarantineStore {
  return { keep: (kept) => control.call('control.quarantine', kept), take: (taken) => control.call('control.take-quarantined', taken) };
}

function readReleased(answer: Json, server: string): Released {
  const { kind, name, value, pem, url, id, expiresAt } = isObject(answer) ? answer : {};
  const named = typeof id === 'string' ? { id } : {};
  if (kind === 'connect' && typeof url === 'string' && typeof id === 'string') return { kind, url, id };
  if (typeof expiresAt !== 'number') throw nothing(server);
  if (kind === 'header' && typeof name === 'string' && typeof value === 'string') return { kind, name, value, expiresAt, ...named };
  if (kind === 'certificate' && typeof pem === 'string') return { kind, pem, expiresAt, ...named };
  if (kind === 'none') return { kind, expiresAt };
  throw nothing(server);
}

function nothing(server: string): SallyportError {
  return new SallyportError('ERR_UPSTREAM_CREDENTIAL', `Control has no credential for server ${server}.`, { dispatched: false });
}
