import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { makeRequest } from '../authority.ts';
import { readFault } from '../fault.ts';
import { FRAME, FrameReader, Outbox, parseBody } from '../frame.ts';
import { LINK_VERSION } from '../handshake.ts';
import { publishPeerKey } from '../keys.ts';
import { dialMachine } from '../wire.ts';
import { X509Certificate } from 'node:crypto';
import { readAddress } from './address.ts';
import { Credentials } from './credentials.ts';
import { readMachine, type MachineName } from './machine.ts';
import { readJoinToken, type JoinToken } from './token.ts';

/**
 * Joins the installation that a token is of: makes the key here, has control sign it, and pins the key by which control signs
 * snapshots. Throws `ERR_LINK_AUTH` (the token, or who answers, is not what it should be), `ERR_LINK_UNAVAILABLE`.
 */
export async function joinMachines(home: string, who: MachineName, tokenText: string): Promise<Credentials> {
  const token = readJoinToken(tokenText.trim());
  if (token.role !== who.role || token.node !== who.node) {
    throw new SallyportError('ERR_LINK_AUTH', `this token is for ${token.role} ${token.node}, not for ${who.role} ${who.node}`, {
      remedy: 'Start the role under that name (--node), or make a token for this one.',
    });
  }
  const { key, request } = await makeRequest();
  const answer = await ask(token, { role: who.role, node: who.node, secret: token.secret, request });
  const { certificate, controlKey } = isObject(answer) ? answer : {};
  if (typeof certificate !== 'string' || typeof controlKey !== 'string') throw new SallyportError('ERR_LINK_FRAME', 'control answered with something else');
  publishPeerKey(home, 'control', controlKey);
  return Credentials.keep(home, who.role, who.node, { key, certificate, authority: token.authorityPem, control: token.control });
}

/** One message, one answer; spoken to nobody but control, by the authority that stands in the token. */
async function ask(token: JoinToken & { readonly authorityPem: string }, join: Json): Promise<Json> {
  const { promise, resolve, reject } = Promise.withResolvers<Json>();
  promise.catch(() => undefined);
  const gone = new SallyportError('ERR_LINK_UNAVAILABLE', 'control went away before it answered', { remedy: 'Try again.' });
  const timer = setTimeout(() => reject(gone), LIMITS.linkCallMs);
  const reader = new FrameReader(LIMITS.linkFrameBytesMax, (kind, _id, text) => {
    if (kind === FRAME.answer) resolve(parseBody(text));
    else reject(kind === FRAME.fault ? readFault(text) : new SallyportError('ERR_LINK_FRAME', 'a frame of unknown kind'));
  });
  const authority = new X509Certificate(token.authorityPem);
  let outbox: Outbox | undefined;
  try {
    await dialMachine(readAddress(token.control), { ca: token.authorityPem }, {
      open: (wire, certificate) => {
        const machine = certificate === undefined ? undefined : readMachine(certificate, authority, Date.now());
        if (machine?.role !== 'control') throw new SallyportError('ERR_LINK_AUTH', `not control but another role answers at ${token.control}`);
        outbox = new Outbox((bytes, at, length) => wire.write(bytes, at, length), () => wire.terminate());
        outbox.add(FRAME.hello, 0, JSON.stringify({ version: LINK_VERSION, join }));
      },
      data: (bytes) => reader.push(bytes),
      drain: () => outbox?.drain(),
      close: () => reject(gone),
      failed: reject,
    });
    return await promise;
  } catch (error) {
    if (error instanceof SallyportError) throw error;
    throw new SallyportError('ERR_LINK_UNAVAILABLE', `control can't be reached at ${token.control}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
