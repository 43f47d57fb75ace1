import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Interaction } from '../../identity/issuer/interaction.ts';
import { isRemembered, keepConsent } from '../consents/consents.ts';
import type { Asked } from '../consents/consents.ts';
import type { Control } from '../control.ts';
import { findPlace } from '../issuer/places.ts';
import type { WebRequest } from '../web.ts';
import { administerPage } from './administer-page.ts';
import { consentPage, hostOf, placeOf } from './consent-page.ts';
import { coverageOf, targetOf } from './coverage.ts';
import type { Target } from './coverage.ts';
import { knowBrowser } from './csrf.ts';
import { readForm } from './form.ts';
import { html } from '../../domain/markup.ts';
import { showLogin } from './login.ts';
import { page } from './page.ts';
import { showUnregistered } from './register.ts';
import { ACRS, AMRS } from './session.ts';
import type { DoorSession } from './session.ts';
import { findVisitor, nameOf } from './who.ts';
import type { Visitor } from './who.ts';

/** What a client's request waits for: somebody to sign in, or to agree. */
export async function showPending(web: WebRequest, control: Control): Promise<Response> {
  const pending = await control.interactions().details(web.request, uidOf(web));
  const visitor = await findVisitor(web, control);
  if (pending.prompt === 'login') return showLoginFor(web, control, pending, visitor);
  return showConsent(web, control, pending, needSame(pending, visitor));
}

/** The person's answer. The form is bound to exactly what was shown. */
export async function answerPending(web: WebRequest, control: Control): Promise<Response> {
  const pending = await control.interactions().details(web.request, uidOf(web));
  const visitor = needSame(pending, await findVisitor(web, control));
  const form = await readForm(web, purposeOf(pending));
  if (form.text('answer') !== 'yes') return refuse(web, control, pending, visitor);
  if (pending.reserved) await needRole(control, pending, visitor);
  else if (pending.client.agent === undefined) throw unregistered();
  return agree(web, control, pending, visitor);
}

/** Whoever is signed in already goes on at once, unless it is too long ago, not strong enough, or meant to be somebody else. */
async function showLoginFor(web: WebRequest, control: Control, pending: Interaction, visitor: Visitor | undefined): Promise<Response> {
  const lack = visitor === undefined ? 'nobody' : await lackOf(control, pending, visitor.session);
  if (visitor !== undefined && lack === undefined) {
    const { signedInAt, method } = visitor.session;
    const next = await control.interactions().finish(web.request, pending.uid, {
      kind: 'signed-in', person: visitor.person.id, signedInAt, acr: ACRS[method], amr: AMRS[method],
    });
    return onward(web, next.url);
  }
  return showLogin(web, control, {
    to: `/sign-in/${pending.uid}`, client: { name: pending.client.name, from: fromOf(pending) }, passkeyOnly: isStrong(pending),
    ...(lack === 'again' || lack === 'stronger' ? { problem: lack } : {}), ...(pending.hint === undefined ? {} : { name: pending.hint.slice(0, 200) }),
  });
}

async function lackOf(control: Control, pending: Interaction, session: DoorSession): Promise<'again' | 'stronger' | undefined> {
  if (isStrong(pending) && ACRS[session.method] !== ACRS.hwk) return 'stronger';
  if (!pending.fresh && pending.maxAgeMs === undefined) return undefined;
  // The issuer knows the second in which it asked; here it is the moment in which the person was first asked.
  const key = `pending/${pending.uid}`;
  await control.state.setIfAbsent(key, String(control.now()), LIMITS.interactionMs);
  const isNew = session.signedInAt >= Number(await control.state.get(key) ?? Number.POSITIVE_INFINITY);
  const isOld = pending.fresh || control.now() - session.signedInAt > (pending.maxAgeMs ?? 0);
  return isOld && !isNew ? 'again' : undefined;
}

/** Asked for a sign-in that cannot be phished, and for nothing less. */
function isStrong({ acrs }: Interaction): boolean {
  return acrs.length > 0 && acrs.every((acr) => acr === ACRS.hwk || acr === 'phrh');
}

async function showConsent(web: WebRequest, control: Control, pending: Interaction, visitor: Visitor): Promise<Response> {
  if (pending.reserved) return showAdministration(web, control, pending, visitor);
  const target = needTarget(pending);
  if (pending.client.agent === undefined) return showUnregistered(web, control, pending, target, visitor);
  const asked = askedOf(pending, visitor);
  if (isKnown(pending) && await isRemembered(control.store, asked, control.now())) return agree(web, control, pending, visitor);
  const { token, cookies } = knowBrowser(web);
  return consentPage(web, {
    pending, target, cookies, token: token(purposeOf(pending)), person: nameOf(visitor.person), remembers: isKnown(pending),
    coverage: await coverageOf(control, target, pending.scopes),
  });
}

async function showAdministration(web: WebRequest, control: Control, pending: Interaction, visitor: Visitor): Promise<Response> {
  await needRole(control, pending, visitor);
  const { token, cookies } = knowBrowser(web);
  return administerPage(web, { pending, cookies, token: token(purposeOf(pending)), person: nameOf(visitor.person) });
}

async function needRole({ store }: Control, { resource }: Interaction, { person }: Visitor): Promise<void> {
  if (await (await findPlace(store, resource))?.reserved?.serves(person.id) === true) return;
  throw new SallyportError('ERR_SIGN_IN_REFUSED', 'You administer nothing here.', {
    remedy: 'Ask an administrator for a role (`admins:` in sallyport.yaml), then start again.',
  });
}

/** Recorded before the client can learn of it; kept with what ends when it is taken back. */
async function agree(web: WebRequest, control: Control, pending: Interaction, visitor: Visitor): Promise<Response> {
  await record(web, control, 'consent.given', pending, visitor);
  const { url, grant } = await control.interactions().finish(web.request, pending.uid, { kind: 'agreed', person: visitor.person.id, scopes: pending.scopes });
  const consent = { ...askedOf(pending, visitor), remembered: isKnown(pending), grants: grant === undefined ? [] : [grant] };
  await keepConsent(control, web.url.origin, consent);
  return onward(web, url);
}

async function refuse(web: WebRequest, control: Control, pending: Interaction, visitor: Visitor): Promise<Response> {
  await record(web, control, 'consent.refused', pending, visitor);
  return onward(web, (await control.interactions().finish(web.request, pending.uid, { kind: 'refused' })).url);
}

async function record(web: WebRequest, control: Control, event: 'consent.given' | 'consent.refused', pending: Interaction, visitor: Visitor): Promise<void> {
  const { client, resource, scopes } = pending;
  await control.record({
    event, space: targetOf(resource)?.space ?? DEFAULT_SPACE, principal: visitor.principal, address: web.address, route: resource,
    ...(client.agent === undefined ? {} : { agent: client.agent }), detail: { client: client.id, scopes: [...scopes], redirect: placeOf(pending).name },
  });
}

/**
 * A page that goes on by itself, not a redirect: browsers hold a form to this site through all redirects that follow
 * (Content-Security-Policy `form-action`), and the way from here leads to the client's.
 */
function onward(web: WebRequest, url: string): Response {
  const next = new URL(url, web.url.origin);
  if (next.origin !== web.url.origin) throw new SallyportError('ERR_INTERNAL', 'the issuer sends the browser elsewhere');
  const path = next.pathname + next.search;
  const body = html`<h1>One moment</h1><p class="lead">You are being sent on.</p><a class="button plain" href="${path}">Continue</a>`;
  return page(web, { title: 'One moment', next: path, body });
}

/** A remembered answer needs a client that only its owner can be: not one that answers to any program of this computer, nor one that made itself up. */
function isKnown(pending: Interaction): boolean {
  return pending.client.agent !== undefined && pending.client.origin !== 'dynamic' && placeOf(pending).kind === 'site';
}

function askedOf(pending: Interaction, { person }: Visitor): Asked {
  const { client, resource, scopes, redirectUri = '' } = pending;
  return { person: person.id, client: client.id, clientName: client.name, resource, scopes: [...scopes], redirect: redirectUri };
}

/** The issuer and this door must mean the same person: another may have signed in here since. */
function needSame(pending: Interaction, visitor: Visitor | undefined): Visitor {
  if (visitor !== undefined && visitor.person.id === pending.person) return visitor;
  throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'This request was begun by somebody who is not signed in here now.', {
    remedy: 'Start it again from the program.',
  });
}

function needTarget({ resource }: Interaction): Target {
  const target = targetOf(resource);
  if (target === undefined) throw new SallyportError('ERR_NOT_FOUND', 'There is no such server or toolset.', { remedy: 'Start it again from the program.' });
  return target;
}

function purposeOf(pending: Interaction): string {
  const { uid, client, resource, scopes, redirectUri, person } = pending;
  return `consent\n${createHash('sha256').update(JSON.stringify([uid, client.id, resource, scopes, redirectUri, person])).digest('base64url')}`;
}

function fromOf({ client }: Interaction): string {
  return client.origin === 'document' ? hostOf(client.id) : client.origin === 'declared' ? 'known here' : 'of unknown origin';
}

function uidOf(web: WebRequest): string {
  return web.params['uid'] ?? '';
}

function unregistered(): SallyportError {
  return new SallyportError('ERR_SIGN_IN_REFUSED', 'This program is not registered as an agent here.', { remedy: 'Ask an administrator to register it.' });
}
