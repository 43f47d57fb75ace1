import { createPrivateKey, X509Certificate } from 'node:crypto';
import { refused } from './refused.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN (?:EC |RSA )?PRIVATE KEY-----[\s\S]+?-----END (?:EC |RSA )?PRIVATE KEY-----/g;

/** A client certificate (its chain after it) and its key, as one secret holds them. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
  /** Epoch ms at which the certificate ends. */
  readonly endsAt: number;
}

/** Throws `ERR_UPSTREAM_CREDENTIAL` for what is not exactly one key and its certificate, or has expired; never with a part of it. */
export function readCertificate(pem: string, server: string, now: number): ClientCertificate {
  const keys = pem.match(KEY) ?? [];
  const certificates = pem.match(CERTIFICATE) ?? [];
  const [key, leaf] = [keys[0], certificates[0]];
  if (key === undefined || leaf === undefined || keys.length > 1) throw refused(server, 'not one key and its certificate');
  const read = parse(leaf, key);
  if (read === undefined) throw refused(server, 'the certificate is not of that key');
  if (read.endsAt <= now) throw refused(server, 'the certificate has expired');
  return { cert: certificates.join('\n'), key, endsAt: read.endsAt };
}

function parse(leaf: string, key: string): { readonly endsAt: number } | undefined {
  try {
    const certificate = new X509Certificate(leaf);
    return certificate.checkPrivateKey(createPrivateKey(key)) ? { endsAt: Date.parse(certificate.validTo) } : undefined;
  } catch {
    return undefined;
  }
}
