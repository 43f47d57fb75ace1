import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Interaction } from '../../identity/issuer/interaction.ts';
import { ACCESSES } from '../access.ts';
import { recordSighting } from '../agents/sightings.ts';
import { isOwnClient } from '../clients/find.ts';
import type { Control } from '../control.ts';
import { groupsOfPeople } from '../people/groups.ts';
import type { Admin } from '../route.ts';
import type { WebRequest } from '../web.ts';
import { hostOf } from './consent-page.ts';
import { coverageOf, targetOf } from './coverage.ts';
import type { Target } from './coverage.ts';
import { knowBrowser } from './csrf.ts';
import { readForm } from './form.ts';
import { html } from '../../domain/markup.ts';
import { formToken, goTo, page } from './page.ts';
import { findVisitor, nameOf } from './who.ts';
import type { Visitor } from './who.ts';

const DAY_MS = 24 * 60 * 60_000;
const LIVES = [30, 90, 365] as const;
const FROM: Readonly<Partial<Record<Interaction['client']['origin'], string>>> = { declared: 'entered by an administrator', dynamic: 'unknown' };

/**
 * A client that is no registered agent. Who may register agents here is offered to; everybody else is told whom to ask.
 * Either way administrators find it among the unknown clients.
 */
export async function showUnregistered(web: WebRequest, control: Control, pending: Interaction, target: Target, visitor: Visitor): Promise<Response> {
  const { client } = pending;
  await recordSighting(control, { space: target.space, issuer: web.url.origin, client: client.id, principal: visitor.principal });
  const admin = await adminOf(control, visitor);
  if (!(await mayRegister(control, admin, target.space))) return refusal(web, pending);
  const { token, cookies } = knowBrowser(web);
  return page(web, {
    title: 'Register an agent', cookies, wide: true,
    body: html`<h1>Register <strong>${client.name}</strong>?</h1>
<p class="lead">You are <strong>${nameOf(visitor.person)}</strong>, and may register agents in ${target.space}. Nobody here has used this program before.</p>
<dl><dt>From</dt><dd><strong>${fromOf(client)}</strong> <span class="soft"><code>${client.id}</code></span></dd>
<dt>It asks for</dt><dd>${target.kind} <strong>${target.name}</strong>: ${pending.scopes.length === 0 ? 'to connect' : pending.scopes.join(', ')}</dd></dl>
<div class="note warn"><strong>For everybody in this space</strong><p>A registered agent may ask each person for their consent.
It can never do more than the effects that it asks for now, on this ${target.kind} alone; widen that later with <code>sallyport agent register</code>.</p></div>
<form method="post" action="/sign-in/${pending.uid}/agent">${formToken(token(purposeOf(pending)))}
<label for="id">Short name</label>
<input type="text" id="id" name="id" value="${suggestId(client.name)}" pattern="[a-z0-9]([a-z0-9\\-]{0,61}[a-z0-9])?" maxlength="63" required>
<label for="purpose">What it is for</label><input type="text" id="purpose" name="purpose" maxlength="2000" required>
<label for="days">Until</label><select id="days" name="days">${LIVES.map((days) => html`<option value="${days}">${days} days from now</option>`)}</select>
<div class="pair"><a class="button plain" href="/sign-in/account">Not now</a><button type="submit">Register</button></div></form>`,
  });
}

/** Registers the client by the same route as the command line, with the same checks and record; then the person is asked for consent. */
export async function registerAgent(web: WebRequest, control: Control): Promise<Response> {
  const pending = await control.interactions().details(web.request, web.params['uid'] ?? '');
  const form = await readForm(web, purposeOf(pending));
  const visitor = await findVisitor(web, control);
  const target = targetOf(pending.resource);
  if (visitor === undefined || visitor.person.id !== pending.person || target === undefined) {
    throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'This request is over.', { remedy: 'Start it again from the program.' });
  }
  const days = LIVES.find((one) => String(one) === form.text('days')) ?? LIVES[0];
  const effects = [...new Set((await coverageOf(control, target, pending.scopes)).flatMap((one) => one.effects.map(({ effect }) => effect)))];
  await control.routeOf('POST', '/agents').run({
    admin: await adminOf(control, visitor), params: {}, query: { space: target.space }, signal: web.request.signal,
    body: {
      id: form.text('id'), owner: visitor.person.body.userName, purpose: form.text('purpose'), clients: [`${web.url.origin}|${pending.client.id}`],
      allow: effects.length === 0 ? [] : [{ [target.kind]: target.name, effects }],
      expiresAt: Math.floor((control.now() + days * DAY_MS) / 1000) * 1000,
    },
  }, control);
  return goTo(`/sign-in/${pending.uid}`);
}

function fromOf({ id, origin }: Interaction['client']): string {
  return isOwnClient(id) ? 'part of Sallyport' : FROM[origin] ?? hostOf(id);
}

async function mayRegister(control: Control, admin: Admin, space: string): Promise<boolean> {
  const { access } = control.routeOf('POST', '/agents');
  return (await control.admins.decide(admin, { access, space, part: 'agents' })).outcome === 'allow';
}

/** A person at the door, as administration knows them. */
async function adminOf(control: Control, { person, principal, session }: Visitor): Promise<Admin> {
  const groups = (await groupsOfPeople(control.store)).find(({ id }) => id === person.id)?.groups ?? [];
  return { id: principal, may: ACCESSES, proof: { via: 'session', kind: 'person', groups, proof: 'bearer', issuedAt: session.signedInAt } };
}

function refusal(web: WebRequest, { client, resource }: Interaction): Response {
  const space = targetOf(resource)?.space ?? DEFAULT_SPACE;
  return page(web, {
    title: 'Not registered', status: 403,
    body: html`<h1>This program is not registered here</h1>
<p class="lead"><strong>${client.name}</strong> asks to work for you,
but nobody has registered it as an agent${space === DEFAULT_SPACE ? '' : ` in ${space}`}.</p>
<div class="note"><strong>Ask your administrator</strong><p>They see the request already, under the unknown clients. What they need to know of it:</p></div>
<dl><dt>Program</dt><dd><code>${client.id}</code></dd><dt>Wanted</dt><dd><code>${resource}</code></dd>
<dt>Command</dt><dd><code>sallyport agent list --unknown</code></dd></dl>
<p class="soft">Nothing was given to it.</p>`,
  });
}

function purposeOf({ uid, client, resource }: Interaction): string {
  return `register\n${uid}\n${client.id}\n${resource}`;
}

function suggestId(name: string): string {
  return name.normalize('NFKD').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 63).replaceAll(/-+$/g, '') || 'agent';
}
