import { SallyportError } from '../domain/errors.ts';
import { apiOf } from './control-url.ts';
import { httpOver } from './http-over.ts';
import { openSignIns } from './sign-ins.ts';
import { createSignedInTicket } from './signed-in-ticket.ts';

/** Sends one request to the API of a control. Throws `ERR_NOT_RUNNING`, `ERR_SIGN_IN`. */
export type ControlDoor = (request: ControlRequest) => Promise<Response>;

export interface ControlRequest {
  readonly method: string;
  /** Below `/api/v1`, with its query. */
  readonly path: string;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Several replicas of control may answer by turns, and each wants a proof with a nonce of its own. */
const PROOFS_MAX = 4;

/** The API of a control anywhere, as the person who signed in there: each request with a proof of this machine's key (RFC 9449). */
export function openControlDoor(home: string, control: string): ControlDoor {
  const resource = apiOf(control);
  const signIns = openSignIns(home);
  const ticket = createSignedInTicket(resource, signIns, httpOver);
  return async ({ method, path, body, signal }) => {
    const url = `${resource}${path}`;
    for (let [proofs, replaced] = [1, false]; ; ) {
      const token = await ticket.token();
      const response = await reach(url, (await signIns.read(resource)).ca, {
        method, signal, headers: { ...await ticket.present(token, { method, url }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body }),
      });
      const lacked = ticket.heard(response);
      if (lacked && proofs < PROOFS_MAX) proofs += 1;
      // Refused before its time: a new key of the issuer's, or a sign-in that has ended, which renewing tells apart.
      else if (isTokenRefused(response) && !replaced) {
        await ticket.replace(token);
        replaced = true;
      } else return response;
      await response.body?.cancel();
    }
  };
}

function isTokenRefused(response: Response): boolean {
  return response.status === 401 && /\berror="invalid_token"/.test(response.headers.get('www-authenticate') ?? '');
}

async function reach(url: string, ca: string | undefined, init: RequestInit): Promise<Response> {
  try {
    // A tail is silent for as long as nothing happens.
    return await fetch(url, { ...init, redirect: 'error', timeout: false, ...(ca === undefined ? {} : { tls: { ca } }) });
  } catch (cause) {
    throw new SallyportError('ERR_NOT_RUNNING', `control does not answer safely at ${new URL(url).host}`, {
      remedy: 'Is the address right, and its certificate of the root that you signed in with?', cause,
    });
  }
}
