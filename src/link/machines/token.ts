import { X509Certificate } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import { ROLES } from '../../domain/role.ts';
import { NODE, type MachineName } from './machine.ts';

/**
 * What a machine joins by: where control is, by which authority it proves itself, and the secret that proves that somebody let
 * this role on this node in. The authority travels in it, so that nothing is believed at first sight.
 */
export interface JoinToken extends MachineName {
  /** `host:port` of control's link. */
  readonly control: string;
  /** DER, base64url. */
  readonly authority: string;
  readonly secret: string;
}

const PREFIX = 'sallyport-join.';

export function writeJoinToken(token: JoinToken): string {
  return PREFIX + Buffer.from(JSON.stringify({ version: 1, ...token })).toString('base64url');
}

/** Throws `ERR_LINK_AUTH`; nothing of the token is repeated. */
export function readJoinToken(text: string): JoinToken & { readonly authorityPem: string } {
  try {
    if (!text.startsWith(PREFIX)) throw new Error('another prefix');
    const body: Json = JSON.parse(Buffer.from(text.slice(PREFIX.length), 'base64url').toString('utf8'));
    const { version, role: named, node, control, authority, secret } = isObject(body) ? body : {};
    const role = ROLES.find((one) => one === named);
    if (version === 1 && role !== undefined && typeof node === 'string' && NODE.test(node) && typeof control === 'string') {
      if (typeof authority === 'string' && typeof secret === 'string') {
        return { role, node, control, authority, secret, authorityPem: new X509Certificate(Buffer.from(authority, 'base64url')).toString() };
      }
    }
    throw new Error('members are missing');
  } catch (cause) {
    throw new SallyportError('ERR_LINK_AUTH', 'this is no join token', { remedy: 'Make one where control runs: sallyport link token.', cause });
  }
}
