import { X509Certificate } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { isObject } from '../../domain/json.ts';
import { parseBody } from '../frame.ts';
import type { Credentials } from './credentials.ts';
import type { Machine } from './machine.ts';

/*
 * A connection lives no longer than the certificates that opened it, and some must (a local server's messages travel on one
 * for days). So each side shows the other its renewed certificate on the open connection. It is over the same key, which TLS
 * has proven when the connection was made, so that nothing more has to be proven.
 */

export function writeRenewal(certificate: string): string {
  return JSON.stringify({ certificate });
}

/** Who is there by the renewed certificate. Throws `ERR_LINK_AUTH` unless it is the same machine with the same key. */
export function readRenewal(text: string, known: Machine, credentials: Credentials): Machine {
  const body = parseBody(text);
  const pem = isObject(body) ? body['certificate'] : undefined;
  const machine = typeof pem === 'string' ? credentials.readPeer(certificateIn(pem)) : undefined;
  if (machine?.role === known.role && machine.node === known.node && machine.key === known.key) return machine;
  throw new SallyportError('ERR_LINK_AUTH', 'the peer shows another machine\'s certificate');
}

/** Throws `ERR_LINK_AUTH`. */
function certificateIn(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new SallyportError('ERR_LINK_AUTH', 'the peer shows no certificate', { cause });
  }
}
