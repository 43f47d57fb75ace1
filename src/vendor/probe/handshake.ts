import { checkServerIdentity, connect } from 'node:tls';
import type { DetailedPeerCertificate, SecureVersion } from 'node:tls';
import { LIMITS } from '../../domain/limits.ts';
import type { Place } from './place.ts';

export interface Certificate {
  /** Hex, lower case. */
  readonly sha256: string;
  readonly subject: string;
  readonly issuer: string;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** How TLS stands at a place; a text: why there was no handshake. */
export interface Handshake {
  readonly version: string;
  readonly certificate: Certificate;
  /** Why it is not trusted; undefined: the chain leads to a trusted root, and it is of this name. */
  readonly distrust?: string;
}

/** Shakes hands once, within the versions that are named, and says nothing more. */
export function shakeHands(place: Pick<Place, 'address' | 'port' | 'name' | 'isLiteral' | 'roots'>, versions: {
  readonly minVersion?: SecureVersion; readonly maxVersion?: SecureVersion;
}): Promise<Handshake | string> {
  const { promise, resolve } = Promise.withResolvers<Handshake | string>();
  const socket = connect({
    host: place.address, port: place.port, rejectUnauthorized: false, ca: [...place.roots], ...(place.isLiteral ? {} : { servername: place.name }), ...versions,
  });
  const late = setTimeout(() => end('no answer in time'), LIMITS.vendorAnswerMs);
  const end = (seen: Handshake | string): void => {
    clearTimeout(late);
    socket.destroy();
    resolve(seen);
  };
  socket.once('secureConnect', () => {
    const peer = socket.getPeerCertificate(true);
    // Without a certificate the runtime gives an empty object.
    if (typeof peer.fingerprint256 !== 'string') return end('it shows no certificate');
    const wrongName = checkServerIdentity(place.name, peer)?.message;
    const distrust = socket.authorized ? wrongName : codeOf(socket.authorizationError);
    end({ version: socket.getProtocol() ?? 'unknown', certificate: certificateOf(peer), ...(distrust === undefined ? {} : { distrust }) });
  });
  socket.once('error', (error) => end(error.message));
  socket.once('close', () => end('closed'));
  return promise;
}

/** The types say an error; the runtime gives its code. */
function codeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function certificateOf(peer: DetailedPeerCertificate): Certificate {
  return {
    sha256: peer.fingerprint256.replaceAll(':', '').toLowerCase(), expiresAt: Math.max(0, Date.parse(peer.valid_to) || 0),
    subject: nameOf(peer.subject), issuer: nameOf(peer.issuer),
  };
}

function nameOf(name: object): string {
  return Object.entries(name).map(([part, value]) => `${part}=${String(value)}`).join(', ');
}
