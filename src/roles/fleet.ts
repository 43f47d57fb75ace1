import { generateKeyPairSync } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import type { Role } from '../domain/role.ts';
import { connectLink, type Link } from '../link/connect.ts';
import { readAddress } from '../link/machines/address.ts';
import { Credentials, readDeadKeys } from '../link/machines/credentials.ts';
import { joinMachines } from '../link/machines/join.ts';
import type { LinkServer } from '../link/serve.ts';
import { pause } from './pause.ts';

/** Where the roles are that are not on this machine, and how this one is found. Without any of it all is on one machine. */
export interface FleetOptions {
  /** This role's name among those of its kind. Default: the role's. */
  readonly node?: string;
  /** `host:port` at which it listens for other machines. */
  readonly listen?: string;
  /** `host:port` of others, by `role` or `role/node`. */
  readonly peers?: Readonly<Record<string, string>>;
  /** A join token's text; has no use once this role has joined. */
  readonly join?: string;
}

/** The ways between this role and the others, whichever machine they are on. */
export interface Fleet {
  link(peer: Role): Link;
  /** A replica that is on another machine. */
  replica(peer: Role, node: string): Link | undefined;
  /** Resolves when this role has what it needs to speak to other machines. Throws `ERR_LINK_AUTH`. */
  readonly joined: Promise<void>;
  /** Lets other machines ask what the server answers, as soon as this role has joined. */
  serve(server: LinkServer): void;
  close(): void;
}

/** Of its life, after which a certificate is renewed. */
const RENEW_AT = 2 / 3;
const RETRY_MS = 1_000;
const TIMER_MS_MAX = 60 * 60_000;

/** `own`: control's, which nobody else lets in. Throws `ERR_USAGE` for an address that is none. */
export function openFleet(home: string, self: Role, options: FleetOptions, report: (line: string) => void, own?: Credentials): Fleet {
  const node = options.node ?? self;
  const ending = new AbortController();
  const { signal } = ending;
  const links: Link[] = [];
  let credentials = own ?? (self === 'control' ? undefined : earlier(home, self, node, report));
  const linkTo = (peer: Role, name: string | undefined, address: string): Link => {
    const machine = { address: readAddress(address), credentials: () => credentials };
    const link = connectLink({ home, self, peer, machine, ...(name === undefined ? {} : { node: name }) });
    links.push(link);
    return link;
  };
  const join = async (token: string): Promise<Credentials> => {
    for (;;) {
      try {
        return await joinMachines(home, { role: self, node }, token);
      } catch (error) {
        if (signal.aborted || !(error instanceof SallyportError) || error.code !== 'ERR_LINK_UNAVAILABLE') throw error;
        await Bun.sleep(RETRY_MS);
      }
    }
  };
  const untilJoined = async (): Promise<Credentials | undefined> => {
    report(`it waits to join: \`sallyport link join --role ${self} --node ${node}\``);
    for (;;) {
      await pause(RETRY_MS, signal);
      const found = Credentials.open(home, self, node);
      if (found !== undefined || signal.aborted) return found;
    }
  };
  const enter = async (): Promise<void> => {
    if (credentials === undefined && options.join !== undefined) credentials = await join(options.join);
    const isAwaited = self !== 'control' && (options.listen !== undefined || options.peers !== undefined);
    if (credentials === undefined && isAwaited) credentials = await untilJoined();
    if (credentials === undefined || credentials === own || signal.aborted) return;
    const control = linkTo('control', undefined, options.peers?.['control'] ?? credentials.control);
    void keepRenewed(credentials, () => renewOver(control), signal, report);
    void followDead(control, credentials, signal);
  };
  const joined = enter();
  joined.catch(() => undefined);
  return {
    joined,
    link: (peer) => {
      const address = options.peers?.[peer] ?? (peer === 'control' ? credentials?.control : undefined);
      const replica = Object.entries(options.peers ?? {}).find(([name]) => name.startsWith(`${peer}/`));
      if (address !== undefined) return linkTo(peer, undefined, address);
      return replica === undefined ? connectLink({ home, self, peer }) : linkTo(peer, replica[0].slice(peer.length + 1), replica[1]);
    },
    replica: (peer, name) => {
      const address = options.peers?.[`${peer}/${name}`];
      return address === undefined ? undefined : linkTo(peer, name, address);
    },
    serve: (server) => {
      const { listen } = options;
      if (listen === undefined) return;
      joined.then(() => {
        if (credentials !== undefined && !signal.aborted) server.open(readAddress(listen), credentials);
      }).catch((error: unknown) => report(why(error)));
    },
    close: () => {
      ending.abort();
      for (const link of links) link.close();
    },
  };
}

/** What control needs to let itself in. */
export interface OwnParts {
  readonly home: string;
  /** PEM of its authority. */
  readonly authority: string;
  certify(publicKeyPem: string): Promise<string>;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/** Control's own certificate, over a key that is made at each start. */
export async function letSelfIn(parts: OwnParts): Promise<Credentials> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certify = (): Promise<string> => parts.certify(publicKey.export({ type: 'spki', format: 'pem' }));
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const credentials = Credentials.keep(parts.home, 'control', 'control', { key, certificate: await certify(), authority: parts.authority, control: '' });
  void keepRenewed(credentials, certify, parts.signal, parts.report);
  return credentials;
}

/** A certificate that has run out is of no use; joining anew is, and a token for that may be at hand. */
function earlier(home: string, self: Role, node: string, report: (line: string) => void): Credentials | undefined {
  try {
    return Credentials.open(home, self, node);
  } catch (error) {
    report(why(error));
    return undefined;
  }
}

/** Renews at two thirds of a certificate's life, and then until it succeeds. */
async function keepRenewed(
  credentials: Credentials, renew: () => Promise<string>, signal: AbortSignal, report: (line: string) => void,
): Promise<void> {
  let told = '';
  while (!signal.aborted) {
    const { issuedAt, expiresAt } = credentials.machine;
    const waitMs = issuedAt + (expiresAt - issuedAt) * RENEW_AT - Date.now();
    await pause(Math.min(Math.max(waitMs, told === '' ? 0 : RETRY_MS), TIMER_MS_MAX), signal);
    if (signal.aborted || waitMs > TIMER_MS_MAX) continue;
    try {
      credentials.adopt(await renew());
      told = '';
    } catch (error) {
      const reason = `its certificate was not renewed: ${why(error)}`;
      if (reason !== told) report(reason);
      told = reason;
    }
  }
}

async function renewOver(control: Link): Promise<string> {
  const answer = await control.call('control.renew', {});
  const certificate = isObject(answer) ? answer['certificate'] : undefined;
  if (typeof certificate === 'string') return certificate;
  throw new SallyportError('ERR_LINK_FRAME', 'control answered with something else');
}

/** Follows what control says is dead; without control, what it said last holds. */
async function followDead(control: Link, credentials: Credentials, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const dead of control.stream('control.dead', {}, signal)) credentials.bury(readDeadKeys(dead));
    } catch {
      // The link says itself when it is down, and the renewal when control does not answer.
    }
    await pause(RETRY_MS, signal);
  }
}

function why(error: unknown): string {
  return error instanceof SallyportError ? `${error.code}: ${error.message} ${error.remedy ?? ''}`.trim() : 'an unknown fault';
}
