import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { SallyportError } from '../domain/errors.ts';
import { BACKDATE_MS, machineUri, trustDomainOf, type MachineName } from './machines/machine.ts';

/** The local certificate authority: made at first start, its key never leaves control's folder. */
export interface Authority {
  /** PEM of the CA certificate: what `sallyport trust` installs and clients verify by. */
  readonly certificate: string;
  /** A server certificate over a public key that the asking role made itself. `names` are DNS names and IP addresses. */
  issue(publicKeyPem: string, names: readonly string[], now: Date): Promise<string>;
  /** A certificate by which one role on one machine proves itself to the others, both ways, for `lifeMs`. */
  issueMachine(publicKeyPem: string, who: MachineName, now: Date, lifeMs: number): Promise<string>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const CA_YEARS = 5;
const LEAF_DAYS = 30;
const DAY_MS = 24 * 60 * 60_000;

/** Opens the authority in `folder` (0700), or makes it. The certificate also goes to `publicFolder`, which every role may read. */
export async function openAuthority(folder: string, publicFolder: string, now: Date): Promise<Authority> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(publicFolder, { recursive: true, mode: 0o755 });
  const keyFile = join(folder, 'ca.key.pem');
  const certificateFile = join(publicFolder, 'ca.pem');
  if (!existsSync(keyFile) || !existsSync(certificateFile)) await makeAuthority(keyFile, certificateFile, now);
  const certificate = readFileSync(certificateFile, 'utf8');
  const signingKey = await importPrivateKey(readFileSync(keyFile, 'utf8'));
  const issuer = new x509.X509Certificate(certificate);
  return {
    certificate,
    issue: (publicKeyPem, names, issuedAt) => sign(publicKeyPem, issuedAt, {
      subject: 'CN=sallyport gateway', lifeMs: LEAF_DAYS * DAY_MS, usages: [x509.ExtendedKeyUsage.serverAuth],
      names: names.map((name) => ({ type: isAddress(name) ? 'ip' : 'dns', value: name })),
    }),
    issueMachine: (publicKeyPem, who, issuedAt, lifeMs) => sign(publicKeyPem, issuedAt, {
      subject: 'CN=sallyport link', lifeMs, usages: [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
      names: [{ type: 'url', value: machineUri(trustDomainOf(new X509Certificate(certificate)), who) }],
    }),
  };

  async function sign(publicKeyPem: string, issuedAt: Date, of: Leaf): Promise<string> {
    const publicKey = await new x509.PublicKey(publicKeyPem).export(ALGORITHM, ['verify']);
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: of.subject,
      issuer: issuer.subject,
      notBefore: new Date(issuedAt.getTime() - BACKDATE_MS),
      notAfter: new Date(issuedAt.getTime() + of.lifeMs),
      publicKey,
      signingKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([...of.usages], false),
        new x509.SubjectAlternativeNameExtension([...of.names]),
      ],
    });
    return leaf.toString('pem');
  }
}

interface Leaf {
  readonly subject: string;
  readonly lifeMs: number;
  readonly usages: readonly x509.ExtendedKeyUsage[];
  readonly names: readonly x509.JsonGeneralName[];
}

/** The public key of a PKCS #10 request (RFC 2986), whose signature proves that the asker has the private one. Throws `ERR_LINK_AUTH`. */
export async function readRequest(pem: string): Promise<string> {
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    if (await request.verify()) return request.publicKey.toString('pem');
  } catch (cause) {
    throw new SallyportError('ERR_LINK_AUTH', 'the request for a certificate can\'t be read', { cause });
  }
  throw new SallyportError('ERR_LINK_AUTH', 'the request for a certificate is not signed by its own key');
}

/** A new key and the request that proves it. The key stays with the caller. */
export async function makeRequest(): Promise<{ readonly key: string; readonly request: string }> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=sallyport link', keys, signingAlgorithm: ALGORITHM });
  return { key: x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'), request: request.toString('pem') };
}

async function makeAuthority(keyFile: string, certificateFile: string, now: Date): Promise<void> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=Sallyport local CA ${now.toISOString().slice(0, 10)}`,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + CA_YEARS * 365 * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  writeFileSync(keyFile, x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), { mode: 0o600, flag: 'wx' });
  writeFileSync(certificateFile, certificate.toString('pem'), { mode: 0o644 });
  chmodSync(certificateFile, 0o644);
}

async function importPrivateKey(pem: string): Promise<CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (der === undefined) throw new RangeError('the CA key file holds no key');
  return crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

/** RFC 5280 section 4.1.2.2: positive, unpredictable, at most 20 octets. */
function serial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return Buffer.from(bytes).toString('hex');
}

function isAddress(name: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || name.includes(':');
}
