import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Control } from '../control.ts';
import { knowBrowser } from '../sign-in/csrf.ts';
import { pageRoute } from '../sign-in/error-page.ts';
import { readForm } from '../sign-in/form.ts';
import { html } from '../../domain/markup.ts';
import { formToken, goTo, page } from '../sign-in/page.ts';
import { findVisitor, nameOf, needVisitor, signInPath, type Visitor } from '../sign-in/who.ts';
import type { WebRequest, WebRoute } from '../web.ts';
import { complain, COMPLAINT, isTheirs, needDenial } from './denials.ts';

/** Where a denial leads whoever it concerns: to ask for access, or to say that it was wrong. */
export const denialPages: readonly WebRoute[] = [pageRoute('GET', '/denials/:exchange', show), pageRoute('POST', '/denials/:exchange', say)];

async function show(web: WebRequest, control: Control): Promise<Response> {
  const visitor = await findVisitor(web, control);
  if (visitor === undefined) return goTo(signInPath(web));
  const denial = await needOwn(web, control, visitor);
  const browser = knowBrowser(web);
  const word = (name: string): string => {
    const value = denial[name];
    return typeof value === 'string' ? value : '';
  };
  return page(web, {
    title: 'A call was refused', cookies: browser.cookies,
    body: html`<h1>A call was refused</h1><p class="lead">You are <strong>${nameOf(visitor.person)}</strong>. <a href="/sign-in/out">Not you?</a></p>
<dl><dt>Call</dt><dd>${word('server')} ${word('tool')}</dd><dt>Through agent</dt><dd>${word('agent')}</dd><dt>Why</dt><dd>${word('reason')}</dd>
<dt>Code</dt><dd><code>${word('code')}</code></dd></dl>
<form method="post" action="${web.url.pathname}${web.url.search}">${formToken(browser.token(purposeOf(web)))}
<label for="reason">What you need it for, or why it was wrong</label><input type="text" id="reason" name="reason" maxlength="2000" required>
<div class="pair"><button type="submit" name="kind" value="access">Request access</button>
<button type="submit" name="kind" value="false-positive" class="plain">It was wrong</button></div></form>`,
  });
}

async function say(web: WebRequest, control: Control): Promise<Response> {
  const visitor = await needVisitor(web, control);
  await needOwn(web, control, visitor);
  const form = await readForm(web, purposeOf(web));
  const read = COMPLAINT.safeParse({ exchange: web.params['exchange'], kind: form.text('kind'), reason: form.text('reason') });
  if (!read.success) throw new SallyportError('ERR_REQUEST_INVALID', 'Say why, in a few words.', { remedy: 'Go back, and write it beside the buttons.' });
  await complain(control, spaceOf(web), visitor.principal, read.data);
  return page(web, { title: 'Thank you', body: html`<h1>It is on record</h1><p class="lead">Whoever answers for it will look at this call.</p>` });
}

/** Nobody learns of other people's calls, not even whether there was one. */
async function needOwn(web: WebRequest, control: Control, visitor: Visitor): ReturnType<typeof needDenial> {
  const denial = await needDenial(control, spaceOf(web), web.params['exchange'] ?? '');
  if (await isTheirs(control, spaceOf(web), denial, visitor.principal)) return denial;
  throw new SallyportError('ERR_NOT_FOUND', 'nothing was denied in that exchange', { remedy: 'Use the exchange id that the refusal names.' });
}

function spaceOf({ url }: WebRequest): string {
  return url.searchParams.get('space') ?? DEFAULT_SPACE;
}

function purposeOf({ params }: WebRequest): string {
  return `denial\n${params['exchange'] ?? ''}`;
}
