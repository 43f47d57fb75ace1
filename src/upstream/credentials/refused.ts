import { SallyportError } from '../../domain/errors.ts';

/** No credential, and so nothing was sent. `internal` is for the record: never a secret, never a stranger's own words. */
export function refused(server: string, internal: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_UPSTREAM_CREDENTIAL', `No credential for server ${server} is available.`, {
    remedy: `Ask the administrator to check the credentials of server ${server}.`,
    internal,
    dispatched: false,
    cause,
  });
}
