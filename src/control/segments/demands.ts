import { X509Certificate } from 'node:crypto';
import type { Control } from '../control.ts';
import type { Stored } from '../stored.ts';
import type { StoredServer } from '../servers/schema.ts';

/** By what a server tells the gate from everybody else on its network: what addresses cannot do alone. */
export interface Demand {
  readonly server: string;
  /** The kind of credential that the gate presents. */
  readonly credential: string;
  /** SHA-256 of the client certificate (DER, hex) that the server must demand. */
  readonly certificate?: string;
  readonly says: string;
}

const SAYS: Readonly<Record<StoredServer['credentials']['type'], string>> = {
  none: 'nothing: whoever reaches it calls it, so its segment is all there is',
  header: 'the value of its header, which only the gate has',
  'client-credentials': 'an access token for it alone, issued to the gate',
  'token-exchange': 'an access token for it alone, with the caller as subject and the agent as actor',
  'id-jag': 'an access token for it alone, from its own issuer',
  'authorization-code': 'an access token of the account that a person connected',
  mtls: 'exactly this client certificate in the TLS handshake, whoever signed it',
};

export async function demandOf({ vault, report }: Pick<Control, 'vault' | 'report'>, { id, space, body }: Stored<StoredServer>): Promise<Demand> {
  const { credentials } = body;
  const demand = { server: id, credential: credentials.type, says: SAYS[credentials.type] };
  if (credentials.type !== 'mtls') return demand;
  try {
    const { raw } = new X509Certificate((await vault.read(space, credentials.secret)).value);
    return { ...demand, certificate: new Bun.CryptoHasher('sha256').update(raw).digest('hex') };
  } catch {
    report(`segment: the client certificate for ${id} cannot be read now`);
    return { ...demand, says: 'its client certificate, which cannot be read now' };
  }
}
