import { randomBytes, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { isObject } from '../domain/json.ts';
import { ROLES } from '../domain/role.ts';
import type { Role } from '../domain/role.ts';
import { parseBody } from './frame.ts';

/*
 * Who is there, proven by both sides before anything else passes:
 *   caller → server  { version, role, peer, nonce }
 *   server → caller  { nonce, proof }     signature of the server's key over the transcript
 *   caller → server  { proof }            signature of the caller's key over the same, with the other side's label
 *   server → caller  { welcome: true }
 * Between machines TLS has proven both, so that the welcome follows the first message; one without a certificate says
 * { version, join } in its place, which control alone hears.
 * The label keeps a proof from being reflected, the nonces from being replayed, the role names from being used elsewhere.
 */

export const LINK_VERSION = 1;
const DOMAIN = 'sallyport/link/v1';
const NONCE = /^[A-Za-z0-9_-]{43}$/;
const PROOF = /^[A-Za-z0-9_-]{86}$/;

export interface Transcript {
  readonly caller: Role;
  readonly server: Role;
  readonly callerNonce: string;
  readonly serverNonce: string;
}

export interface Hello {
  readonly role: Role;
  readonly peer: Role;
  readonly nonce: string;
}

export function makeNonce(): string {
  return randomBytes(32).toString('base64url');
}

export function proveSide(key: KeyObject, side: 'caller' | 'server', transcript: Transcript): string {
  return sign(null, transcriptBytes(side, transcript), key).toString('base64url');
}

/** Throws `ERR_LINK_AUTH` unless `proof` was made by `key` for exactly this conversation and side. */
export function checkProof(key: KeyObject, side: 'caller' | 'server', transcript: Transcript, proof: string): void {
  const who = side === 'caller' ? transcript.caller : transcript.server;
  if (!verify(null, transcriptBytes(side, transcript), key, Buffer.from(proof, 'base64url'))) {
    throw new SallyportError('ERR_LINK_AUTH', `the peer could not prove that it is role ${who}`);
  }
}

/** Reads the caller's first message. Throws `ERR_LINK_AUTH`. */
export function readHello(text: string): Hello {
  const body = readBody(text);
  const role = ROLES.find((name) => name === body['role']);
  const peer = ROLES.find((name) => name === body['peer']);
  if (body['version'] !== LINK_VERSION || role === undefined || peer === undefined) throw malformed();
  return { role, peer, nonce: readField(body['nonce'], NONCE) };
}

/** What a machine without a certificate says, in the version of this link. Throws `ERR_LINK_AUTH`. */
export function readJoin(body: Json): Json {
  const join = isObject(body) && body['version'] === LINK_VERSION ? body['join'] : undefined;
  if (join === undefined) throw malformed();
  return join;
}

/** Reads the server's challenge. Throws `ERR_LINK_AUTH`. */
export function readChallenge(text: string): { readonly nonce: string; readonly proof: string } {
  const body = readBody(text);
  return { nonce: readField(body['nonce'], NONCE), proof: readField(body['proof'], PROOF) };
}

/** Reads the caller's proof. Throws `ERR_LINK_AUTH`. */
export function readProof(text: string): string {
  return readField(readBody(text)['proof'], PROOF);
}

/** Roles come from a closed set and nonces have one shape, so the lines cannot be read in two ways. */
function transcriptBytes(side: string, t: Transcript): Buffer {
  return Buffer.from([DOMAIN, side, t.caller, t.server, t.callerNonce, t.serverNonce].join('\n'));
}

function readBody(text: string): Readonly<Record<string, Json>> {
  const body = parseBody(text);
  if (!isObject(body)) throw malformed();
  return body;
}

function readField(value: Json | undefined, shape: RegExp): string {
  if (typeof value !== 'string' || !shape.test(value)) throw malformed();
  return value;
}

function malformed(): SallyportError {
  return new SallyportError('ERR_LINK_AUTH', 'the peer does not speak this link');
}
