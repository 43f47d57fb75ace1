import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { offerAssertion, siteOf } from '../accounts/passkeys.ts';
import type { Control } from '../control.ts';
import { makeChallenge, takeChallenge } from '../sign-in/challenge.ts';
import { readAnswer } from '../sign-in/credential-forms.ts';
import { knowBrowser, type Browser } from '../sign-in/csrf.ts';
import { pageRoute } from '../sign-in/error-page.ts';
import { readForm } from '../sign-in/form.ts';
import { html, type Html } from '../../domain/markup.ts';
import { usePasskey } from '../sign-in/login.ts';
import { formToken, goTo, page } from '../sign-in/page.ts';
import { findVisitor, nameOf, needVisitor, signInPath, type Visitor } from '../sign-in/who.ts';
import { listStored, needStored } from '../stored.ts';
import type { WebRequest, WebRoute } from '../web.ts';
import { readApprovers, type Approvers } from './approvers.ts';
import { denyApproval, grantApprovals, withdrawApproval } from './decide.ts';
import { openApproval, type Shown } from './present.ts';
import { REFUSE } from './schema.ts';
import { noteShown } from './shown.ts';
import { time, viewOf } from './view.ts';
import { isOpen, stateOf, type Approval } from './words.ts';

/** The approvals page: for whoever signed in and is asked. Names come before `:id`, which would match them too. */
export const approvalPages: readonly WebRoute[] = [
  pageRoute('GET', '/approvals', showList),
  pageRoute('GET', '/approvals/alike/:shape', showAlike),
  pageRoute('POST', '/approvals/alike/:shape', grantAlike),
  pageRoute('GET', '/approvals/:id', showOne),
  pageRoute('POST', '/approvals/:id/grant', (web, control) => answerOne(web, control, 'grant')),
  pageRoute('POST', '/approvals/:id/deny', (web, control) => answerOne(web, control, 'deny')),
  pageRoute('POST', '/approvals/:id/withdraw', (web, control) => answerOne(web, control, 'withdraw')),
  pageRoute('POST', '/approvals/:id/passkey', grantByPasskey),
];

async function showList(web: WebRequest, control: Control): Promise<Response> {
  const visitor = await findVisitor(web, control);
  if (visitor === undefined) return goTo(signInPath(web));
  const space = spaceOf(web);
  const approvers = await readApprovers(control.store, space);
  const now = control.now();
  const open = (await listStored(control.store, 'approval', space)).filter((one) => isOpen(one, now));
  const mine = open.filter((one) => isNamed(approvers, one, visitor) && !approvers.isRequester(one, visitor.principal));
  const own = open.filter((one) => approvers.isRequester(one, visitor.principal));
  return page(web, {
    title: 'Calls that wait for you', wide: true,
    body: html`<div class="row"><h1>Calls that wait for you</h1><a href="/sign-in/account">${nameOf(visitor.person)}</a></div>
${listOf(mine, now, space, true)}
${own.length === 0 ? undefined : html`<h2>Of your own agents</h2>${listOf(own, now, space, false)}`}`,
  });
}

function listOf(approvals: readonly Approval[], now: number, space: string, batches: boolean): Html {
  if (approvals.length === 0) return html`<p class="soft">None.</p>`;
  const counts = new Map<string, number>();
  for (const { body } of approvals) counts.set(body.shape, (counts.get(body.shape) ?? 0) + (body.state === 'pending' ? 1 : 0));
  const query = space === DEFAULT_SPACE ? '' : `?space=${space}`;
  const alike = [...counts].filter(([, count]) => batches && count > 1);
  return html`<ul class="plain">${approvals.map((one) => html`<li><div class="row"><a href="/approvals/${one.id}${query}"><strong>${
    one.body.resource.server} / ${one.body.resource.name}</strong></a><span class="tag">${stateOf(one, now)}</span></div>
<span class="soft">${one.body.principal.id}, agent ${one.body.principal.agent} · asked ${time(one.body.askedAt)}</span></li>`)}</ul>
${alike.map(([shape, count]) => html`<p><a href="/approvals/alike/${shape}${query}">Answer ${count} that are alike but for their values</a></p>`)}`;
}

async function showOne(web: WebRequest, control: Control): Promise<Response> {
  const visitor = await findVisitor(web, control);
  if (visitor === undefined) return goTo(signInPath(web));
  const shown = await openFor(control, await needOne(web, control), visitor);
  await noteShown(control, shown.approval.id, visitor.principal);
  const browser = knowBrowser(web);
  const body = html`<div class="row"><h1>May this run?</h1><a href="/approvals">All that wait</a></div>
<p class="lead">You are <strong>${nameOf(visitor.person)}</strong>. <a href="/sign-in/out">Not you?</a></p>
${viewOf(shown, control.now())}${await answersOf(web, control, shown, visitor, browser)}`;
  return page(web, { title: 'A call waits', cookies: browser.cookies, wide: true, passkeys: true, body });
}

/** What this person may answer, and how. */
async function answersOf(web: WebRequest, control: Control, shown: Shown, visitor: Visitor, browser: Browser): Promise<Html> {
  const { approval, approvers } = shown;
  const { principal } = visitor;
  const actionOf = (answer: string): string => `/approvals/${approval.id}/${answer}${web.url.search}`;
  const token = formToken(browser.token(purposeOf(approval)));
  const isOwn = approvers.isRequester(approval, principal);
  const withdraw = html`<form method="post" action="${actionOf('withdraw')}">${token}<label for="why">Why</label>
<input type="text" id="why" name="reason" maxlength="2000" required><button type="submit" class="plain">Take it back</button></form>`;
  if (!isOpen(approval, control.now())) return html`<div class="note"><strong>This is over: ${stateOf(approval, control.now())}</strong></div>`;
  if (approval.body.state === 'granted') return html`<div class="note good"><strong>Approved</strong>
<p>The same call, sent again, runs once.</p></div>${withdraw}`;
  if (isOwn && !approvers.solo) {
    return html`<div class="note"><strong>It is your own agent's call</strong>
<p>Somebody else must approve it: ${approval.body.gates.map(({ value }) => value).join(', ')}.</p></div>${withdraw}`;
  }
  const deny = html`<form method="post" action="${actionOf('deny')}">${token}<label for="reason">Why not (its caller is told)</label>
<input type="text" id="reason" name="reason" maxlength="2000" required><button type="submit" class="plain">Refuse</button></form>`;
  if (!isOwn) return html`<form method="post" action="${actionOf('grant')}">${token}<button type="submit">Approve exactly this</button></form>${deny}`;
  const options = await offerAssertion(siteOf(web.url), makeChallenge(browser, purposeOf(approval), control.now()));
  return html`<div class="note warn"><strong>It is your own agent's call, and there is nobody else here</strong>
<p>Show that it is you, not your agent.</p></div>
<form method="post" action="${actionOf('passkey')}" data-passkey="get" data-options="${JSON.stringify(options)}" hidden>${token}
<input type="hidden" name="answer"><button type="submit">Approve exactly this with a passkey</button>
<p class="soft" role="status" aria-live="polite"></p></form>
<p data-without>Passkeys need a current browser with scripts allowed on this page.</p>${deny}`;
}

async function answerOne(web: WebRequest, control: Control, answer: 'grant' | 'deny' | 'withdraw'): Promise<Response> {
  const visitor = await needVisitor(web, control);
  const approval = await needOne(web, control);
  const form = await readForm(web, purposeOf(approval));
  const by = { id: visitor.principal, via: 'page' } as const;
  if (answer === 'grant') await grantApprovals(control, approval.space, [{ id: approval.id, digest: approval.body.digest }], by);
  else {
    const read = REFUSE.safeParse({ reason: form.text('reason') });
    if (!read.success) throw new SallyportError('ERR_REQUEST_INVALID', 'Say why, in a few words.', { remedy: 'Go back, and write it beside the button.' });
    await (answer === 'deny' ? denyApproval : withdrawApproval)(control, approval.space, approval.id, by, read.data.reason);
  }
  return goTo('/approvals');
}

/** The person behind the agent, alone here, and present: their passkey answers for exactly this call. */
async function grantByPasskey(web: WebRequest, control: Control): Promise<Response> {
  const visitor = await needVisitor(web, control);
  const approval = await needOne(web, control);
  const purpose = purposeOf(approval);
  const form = await readForm(web, purpose);
  const account = await usePasskey(web, control, readAnswer(form), (challenge) => takeChallenge(control, form.browser, purpose, challenge));
  if (account.body.person !== visitor.person.id) {
    throw new SallyportError('ERR_PRESENCE', 'That passkey is somebody else\'s.', { remedy: 'Use your own.' });
  }
  const by = { id: visitor.principal, via: 'page', presence: 'passkey' } as const;
  await grantApprovals(control, approval.space, [{ id: approval.id, digest: approval.body.digest }], by);
  return goTo('/approvals');
}

async function showAlike(web: WebRequest, control: Control): Promise<Response> {
  const visitor = await findVisitor(web, control);
  if (visitor === undefined) return goTo(signInPath(web));
  const approvals = await alikeOf(web, control, visitor);
  const browser = knowBrowser(web);
  const views: Html[] = [];
  for (const approval of approvals) {
    views.push(html`<h1>${views.length + 1}.</h1>${viewOf(await openFor(control, approval, visitor), control.now())}`);
    await noteShown(control, approval.id, visitor.principal);
  }
  const fields = approvals.map(({ id, body }, index) => html`<input type="hidden" name="call-${index}" value="${id} ${body.digest}">`);
  return page(web, {
    title: 'Calls that are alike', cookies: browser.cookies, wide: true,
    body: html`<div class="row"><h1>${approvals.length} calls that are alike but for their values</h1><a href="/approvals">All that wait</a></div>${views}
<form method="post" action="${web.url.pathname}${web.url.search}">${formToken(browser.token(`alike\n${web.params['shape'] ?? ''}`))}${fields}
<button type="submit">Approve exactly these</button></form>`,
  });
}

/** Each by the digest that was shown; all or none. */
async function grantAlike(web: WebRequest, control: Control): Promise<Response> {
  const visitor = await needVisitor(web, control);
  const form = await readForm(web, `alike\n${web.params['shape'] ?? ''}`);
  const named = Array.from({ length: LIMITS.approvalsBatchMax }, (_, index) => form.text(`call-${index}`).split(' '))
    .flatMap(([id = '', digest = '']) => (id === '' ? [] : [{ id, digest }]));
  await grantApprovals(control, spaceOf(web), named, { id: visitor.principal, via: 'page' });
  return goTo('/approvals');
}

async function alikeOf(web: WebRequest, control: Control, visitor: Visitor): Promise<readonly Approval[]> {
  const space = spaceOf(web);
  const approvers = await readApprovers(control.store, space);
  const all = (await listStored(control.store, 'approval', space)).filter((one) => one.body.shape === web.params['shape'] && one.body.state === 'pending');
  const mine = all.filter((one) => isOpen(one, control.now()) && isNamed(approvers, one, visitor) && !approvers.isRequester(one, visitor.principal));
  return mine.slice(0, LIMITS.approvalsBatchMax);
}

/** Only who may answer sees what a call says, and whose call it is. Throws `ERR_APPROVER`. */
async function openFor(control: Control, approval: Approval, visitor: Visitor): Promise<Shown> {
  const approvers = await readApprovers(control.store, approval.space);
  if (isNamed(approvers, approval, visitor) || approvers.isRequester(approval, visitor.principal)) return openApproval(control, approval);
  throw new SallyportError('ERR_APPROVER', 'This call is not yours to answer.', { remedy: 'Ask whoever owns its server.' });
}

function isNamed(approvers: Approvers, approval: Approval, { principal }: Visitor): boolean {
  return approval.body.gates.some(({ value }) => approvers.isNamed(approval, principal, value));
}

async function needOne(web: WebRequest, { store }: Control): Promise<Approval> {
  return needStored(store, 'approval', spaceOf(web), web.params['id'] ?? '');
}

function spaceOf({ url }: WebRequest): string {
  return url.searchParams.get('space') ?? DEFAULT_SPACE;
}

/** A form answers for the call that it was shown with, and for no other. */
function purposeOf({ id, body }: Approval): string {
  return `approval\n${id}\n${body.digest}`;
}
