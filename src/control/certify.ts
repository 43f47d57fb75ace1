import { SallyportError } from '../domain/errors.ts';
import type { Rows } from '../store/store.ts';
import { readNetwork } from './manifest/settings.ts';

/** Issues a server certificate of the local CA over a public key that the asking role made itself. */
export type Certify = (publicKeyPem: string, names: readonly string[]) => Promise<string>;

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/** Of `host:port`. */
function hostOf(listen: string): string {
  return listen.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/**
 * A gateway's certificate, for the names under which the settings say that gateways are reached. A name that is not among
 * them is refused: whoever broke into a gateway must not get certificates for other hosts that trust this CA.
 */
export async function certifyGateway(rows: Rows, ask: { readonly publicKey: string; readonly hostname: string }, certify: Certify): Promise<string> {
  const { mtls, ...main } = await readNetwork(rows);
  const doors = mtls === undefined ? [main] : [main, mtls];
  const names = new Set([...LOOPBACK, ...doors.flatMap(({ listen, publicUrl }) => [new URL(publicUrl).hostname, hostOf(listen)])]);
  if (!names.has(ask.hostname) && !/^(0\.0\.0\.0|::)$/.test(ask.hostname)) {
    throw new SallyportError('ERR_LINK_FORBIDDEN', 'the gateway asks for a certificate of a name that is not its own', {
      remedy: 'Set gateway.listen and gateway.publicUrl in sallyport.yaml to where it is reached.',
    });
  }
  return certify(ask.publicKey, [...names].filter((name) => !/^(0\.0\.0\.0|::)$/.test(name)));
}
