import { rootCertificates } from 'node:tls';
import { isLoopbackHost } from '../../domain/loopback.ts';
import type { SinkBasics } from '../../domain/sink.ts';
import { SinkFault } from './sink.ts';

/** What both ways to TLS take alike; that it is 1.3 and nothing older they are told each in their own words. */
interface LegTls {
  readonly rejectUnauthorized: true;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const KEY_BLOCK = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/;

/** For `fetch`. */
export function fetchTlsOf(basics: Parameters<typeof tlsOf>[0]): LegTls & { readonly minVersion: number } {
  return { ...tlsOf(basics), minVersion: 0x0304 };
}

/** For `node:tls`. */
export function socketTlsOf(basics: Parameters<typeof tlsOf>[0]): LegTls & { readonly minVersion: 'TLSv1.3' } {
  return { ...tlsOf(basics), minVersion: 'TLSv1.3' };
}

function tlsOf({ roots, clientCertificate }: Pick<SinkBasics, 'roots' | 'clientCertificate'>): LegTls {
  return {
    rejectUnauthorized: true,
    // `ca` replaces the runtime's roots, so they are named again.
    ...(roots === undefined ? {} : { ca: [...rootCertificates, roots].join('\n') }),
    ...(clientCertificate === undefined ? {} : splitPem(clientCertificate)),
  };
}

/** Throws `SinkFault` (`gone`): records cross a network in clear only while an exception that somebody stands for says so. */
export function checkCleartext(host: string, { cleartextUntil }: Pick<SinkBasics, 'cleartextUntil'>, now: number): void {
  if (isLoopbackHost(host) || (cleartextUntil !== undefined && now < cleartextUntil)) return;
  throw new SinkFault(cleartextUntil === undefined ? 'ERR_CLEARTEXT' : 'ERR_CLEARTEXT_EXPIRED', { kind: 'gone' });
}

function splitPem(pem: string): { readonly cert: string; readonly key: string } {
  const [key] = KEY_BLOCK.exec(pem) ?? [];
  if (key === undefined) throw new SinkFault('ERR_CLIENT_CERTIFICATE', { kind: 'gone' });
  return { cert: pem.replace(key, ''), key };
}
