import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { createAuthorizationServer } from '../../identity/issuer/issuer.ts';
import type { Interactions } from '../../identity/issuer/interaction.ts';
import type { IssuerParts } from '../../identity/issuer/parts.ts';
import { findClient } from '../clients/find.ts';
import type { Control } from '../control.ts';
import { addRevocation, isRevoked } from '../revocations/revocations.ts';
import { issuerPages } from '../sign-in/issuer-pages.ts';
import { readNetwork } from '../manifest/settings.ts';
import { isSignedIn } from '../sign-in/who.ts';
import type { MintSubject } from '../servers/obtain.ts';
import { openSecretFile } from '../secret-file.ts';
import { listStored } from '../stored.ts';
import { fetchDocument } from './fetch-document.ts';
import { makeRing, openKeyRing, publicKeys, rotate, signingKeys, writeKeyRing } from './keys.ts';
import type { KeyRing } from './keys.ts';
import { createMint } from './mint-subject.ts';
import { findAccountView, findSubject } from './people.ts';
import { findPlace } from './places.ts';
import { createProviders } from './providers.ts';
import { readPublished, writePublished } from './published.ts';

/** The embedded issuer as control runs it. */
export interface RunningIssuer {
  readonly listener: RequestListener;
  readonly interactions: Interactions;
  /**
   * The next key signs; gives its id. Every gateway has known it since the rotation before, and the old one stays published
   * until its last token has ended. `compromised`: all keys are new, and what they signed is dead at once.
   */
  readonly rotate: (compromised: boolean) => Promise<string>;
  /** Vouches for a caller towards another provider. */
  readonly mintSubject: MintSubject;
  /** A token with which one client may register itself. Throws `ERR_CONFLICT` where registration is off. */
  readonly makeRegistrationToken: () => Promise<string>;
  readonly close: () => void;
}

export interface IssuerOptions {
  readonly home: string;
  readonly origin: string;
  readonly control: Control;
  readonly addressOf: (incoming: IncomingMessage) => string;
  readonly report: (line: string) => void;
}

const BY = { admin: { id: 'sallyport|issuer', may: [] }, space: DEFAULT_SPACE } as const;
const SECRET_BYTES = 32;
/** What was issued last before a revocation ends by itself after this; a gateway's clock may be behind. */
const REVOKED_MS = LIMITS.accessTokenMs + 60_000;

/** Starts the issuer: its keys are published to the gateways before it signs with them. */
export async function openIssuer(options: IssuerOptions): Promise<RunningIssuer> {
  const { home, origin, control } = options;
  const file = join(home, 'control', 'issuer-keys.json');
  let ring = await openKeyRing(file);
  await publish(control, origin, ring, 'start').catch((error: unknown) => {
    options.report(`the issuer's keys are not published, gateways will refuse its tokens: ${error instanceof Error ? error.message : 'unknown'}`);
  });
  const registration = (await readNetwork(control.store)).control?.registration === 'initial-token';
  const server = createAuthorizationServer({ ...partsOf(options, ring), registration }, options.addressOf);
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** A key whose last token has ended is taken back from the gateways: what nobody needs, nobody can misuse. */
  const retireLater = (): void => {
    clearTimeout(timer);
    const now = control.now();
    const ends = ring.old.map(({ until }) => until).filter((until) => until > now);
    if (ends.length === 0) return;
    timer = setTimeout(() => {
      publish(control, origin, ring, 'retire').then(
        () => server.useKeys(signingKeys(ring, control.now())),
        (error: unknown) => options.report(`an old key of the issuer is still published: ${error instanceof Error ? error.message : 'unknown'}`),
      ).finally(retireLater);
    }, Math.min(...ends) - now + 1);
    timer.unref();
  };
  retireLater();
  return {
    close: () => clearTimeout(timer),
    listener: server.listener,
    interactions: server.interactions,
    makeRegistrationToken: async () => (registration ? server.makeRegistrationToken() : registrationIsOff()),
    mintSubject: createMint(origin, () => ring),
    rotate: async (compromised) => {
      const next = compromised ? await makeRing() : await rotate(ring, control.now());
      // Published before it is used, and kept before it is published: a crash in between loses nothing.
      writeKeyRing(file, next);
      ring = next;
      await publish(control, origin, next, 'rotate');
      server.useKeys(signingKeys(next, control.now()));
      retireLater();
      await control.record({ event: 'key.rotated', space: DEFAULT_SPACE, detail: { kid: next.active.kid, published: next.old.length + 2, compromised } });
      return next.active.kid;
    },
  };
}

function registrationIsOff(): never {
  throw new SallyportError('ERR_CONFLICT', 'clients cannot register themselves here', {
    remedy: 'Set control.registration to initial-token in sallyport.yaml and start control again, or register the client yourself.',
  });
}

async function publish(control: Control, issuer: string, ring: KeyRing, verb: string): Promise<void> {
  const published = { issuer, jwks: publicKeys(signingKeys(ring, control.now())) };
  if (Bun.deepEquals(await readPublished(control.store), published)) return;
  await control.change(BY, { resource: 'issuer', id: issuer, verb }, (rows) => writePublished(rows, published, BY.admin.id));
}

function partsOf({ home, origin, control, report }: IssuerOptions, ring: KeyRing): Omit<IssuerParts, 'registration'> {
  const { store, state, now } = control;
  const secret = openSecretFile(join(home, 'control', 'issuer.key'), () => randomBytes(SECRET_BYTES).toString('base64url'));
  return {
    origin, state, report, pages: issuerPages(new URL(origin).host), secret: Buffer.from(secret, 'base64url'), keys: signingKeys(ring, now()),
    findClient: (id) => findClient(store, id),
    findResource: (uri) => findPlace(store, uri),
    findAccount: (id, since) => findAccountView(store, id, since),
    findAgent: async (clientId, space) => {
      const client = `${origin}|${clientId}`;
      return (await listStored(store, 'agent', space)).find(({ body }) => body.expiresAt > now() && body.clients.includes(client))?.id;
    },
    findProvider: createProviders(store, now),
    findSubject: (issuer, subject) => findSubject(store, issuer, subject),
    isSignedIn: (cookies, account) => isSignedIn(control, origin, cookies, account),
    interactionPath: (uid) => `/sign-in/${uid}`,
    record: control.record,
    refused: control.refused,
    revoke: ({ credential, reason }) => addRevocation(control, { credential, reason, until: now() + REVOKED_MS }, 'sallyport|issuer'),
    isRevoked: (ids) => isRevoked(store, ids.map((id) => `${origin}|${id}`)),
    fetchGuarded: (url, signal) => fetchDocument(store, url, undefined, signal),
  };
}
