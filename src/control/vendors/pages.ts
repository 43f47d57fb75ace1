import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { html, raw, type Html } from '../../domain/markup.ts';
import { DISCLOSURE_FORMAT } from '../../vendor/disclosure/answer.ts';
import { valueOf } from '../../vendor/disclosure/csv.ts';
import type { Question } from '../../vendor/disclosure/question.ts';
import { QUESTION_IDS, questionOf, type QuestionId } from '../../vendor/disclosure/questions.ts';
import { readDisclosure } from '../../vendor/disclosure/read.ts';
import type { Control } from '../control.ts';
import { knowBrowser, type Browser } from '../sign-in/csrf.ts';
import { pageRoute } from '../sign-in/error-page.ts';
import { readForm, type Form } from '../sign-in/form.ts';
import { formToken, page } from '../sign-in/page.ts';
import { needStored, putStored } from '../stored.ts';
import type { WebRequest, WebRoute } from '../web.ts';
import { digestOfDisclosure } from './disclose.ts';
import { needGrant, type Grant } from './link.ts';

/** Where a vendor answers: open to whoever has the link, for that vendor alone, until it was used. Nothing of ours is on it. */
export const disclosurePages: readonly WebRoute[] = [
  pageRoute('GET', '/disclosure/:token', showForm),
  { ...pageRoute('POST', '/disclosure/:token', takeForm), bodyBytesMax: LIMITS.vendorDisclosureBytesMax },
];

const DAY_MS = 86_400_000;

async function showForm(web: WebRequest, control: Control): Promise<Response> {
  const grant = await needGrant(control.store, tokenOf(web), control);
  const until = day(control.now() + 365 * DAY_MS);
  return form(web, control, { grant, browser: knowBrowser(web), given: (name) => (name === 'until' ? until : ''), complaints: [] });
}

interface Filled {
  readonly grant: Grant;
  readonly browser: Browser;
  /** What stands in a field. */
  readonly given: (name: string) => string;
  readonly complaints: readonly Complaint[];
}

/** With what was written so far: a browser keeps nothing of a page that it may not store. */
async function form(web: WebRequest, control: Control, { grant, browser, given, complaints }: Filled): Promise<Response> {
  const { body: { name } } = await needStored(control.store, 'vendor', grant.space, grant.vendor);
  const sections = [...Map.groupBy(QUESTION_IDS, (id) => questionOf(id).section)];
  return page(web, {
    title: 'Disclosure', cookies: browser.cookies, wide: true, ...(complaints.length === 0 ? {} : { status: 400 }),
    body: html`<h1>${name}: how you host MCP</h1>${complained(complaints)}
<p class="lead">Your customer asks you these questions. This page takes your answers once, until ${day(grant.expiresAt)}; the customer looks at them before
they count. Lists are separated by semicolons or lines.</p>
<form method="post" action="${web.url.pathname}">${formToken(browser.token(purposeOf(grant.link)))}
<label for="by">Who answers (name and mail address)</label><input type="text" id="by" name="by" maxlength="300" value="${given('by')}" required>
<label for="until">Until when the answers hold</label><input type="text" id="until" name="until" pattern="[0-9]{4}-[0-9]{2}-[0-9]{2}"
value="${given('until')}" required>
${sections.map(([section, ids]) => html`<h2>${section}</h2>${ids.map((id) => field(id, questionOf(id), given))}`)}
<button type="submit">Send the answers</button></form>`,
  });
}

function field(id: QuestionId, question: Question, given: Filled['given']): Html {
  const need = question.required === true ? html` required` : undefined;
  return html`<label for="${id}">${question.asks}${question.required === true ? ' *' : ''}</label>${input(id, question, need, given(`value.${id}`))}
<input type="text" name="evidence.${id}" value="${given(`evidence.${id}`)}"
maxlength="${LIMITS.vendorAnswerCharsMax}" placeholder="Evidence: a link, or where it is written"
aria-label="Evidence">`;
}

function input(id: QuestionId, { kind, options = [] }: Question, need: Html | undefined, given: string): Html {
  const choices = kind === 'yes-no' ? ['yes', 'no'] : options;
  if (choices.length > 0) {
    return html`<select id="${id}" name="value.${id}"${need}><option value=""></option>${choices.map((one) =>
      html`<option${one === given ? html` selected` : undefined}>${one}</option>`)}</select>`;
  }
  if (kind === 'list' || kind === 'tools' || kind === 'text') {
    const hint = kind === 'tools' ? 'name:effect:data – search:read:internal; send_mail:communicate:confidential' : '';
    return html`<textarea id="${id}" name="value.${id}" rows="2" placeholder="${hint}"${need}>${lines(given)}</textarea>`;
  }
  return html`<input type="text" id="${id}" name="value.${id}" value="${given}" placeholder="${kind === 'date' ? '2026-12-31' : ''}"${need}>`;
}

/** A first line break is none to a browser. */
function lines(text: string): readonly Html[] {
  return text === '' ? [] : text.replaceAll('\r\n', '\n').split('\n').map((line) => html`${raw('\n')}${line}`);
}

async function takeForm(web: WebRequest, control: Control): Promise<Response> {
  const { store, now, record } = control;
  const grant = await needGrant(store, tokenOf(web), control);
  const sent = await readForm(web, purposeOf(grant.link));
  const read = readDisclosure(disclosureOf(sent, grant.vendor, now()), grant.vendor, now());
  if ('complaints' in read) return form(web, control, { grant, browser: sent.browser, given: sent.text, complaints: read.complaints });
  const { disclosure } = read;
  const digest = digestOfDisclosure(disclosure);
  const [at, by] = [now(), `sallyport|disclosure-link/${grant.link}`];
  await store.transaction(async (rows) => {
    // Two who send at the same moment: one of them has used it.
    await needGrant(rows, tokenOf(web), control);
    const { body } = await needStored(rows, 'disclosure-link', grant.space, grant.link);
    await putStored(rows, 'disclosure-link', grant.space, grant.link, { ...body, usedAt: at }, by);
    await putStored(rows, 'disclosure-submitted', grant.space, grant.vendor, { disclosure, digest, link: grant.link, submittedAt: at }, by);
    await record({
      event: 'vendor.disclosed', space: grant.space, principal: by, principalKind: 'workload', action: 'vendor.submit',
      detail: { vendor: grant.vendor, digest, answers: Object.keys(disclosure.answers).length },
    });
  });
  return page(web, { title: 'Thank you', body: html`<h1>Your answers are here</h1><p class="lead">Your customer looks at them now. This page is closed.</p>` });
}

interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

function complained(complaints: readonly Complaint[]): Html {
  if (complaints.length === 0) return html``;
  const told = complaints.slice(0, LIMITS.complaintsShownMax);
  return html`<div class="note bad" role="alert"><strong>Some answers can't be taken: nothing was sent yet.</strong> Correct them below, and send them again.
<ul class="plain">${told.map(({ path, message }) => html`<li><strong>${asked(path)}</strong> ${path.slice(2).join('.')} ${message}</li>`)}</ul></div>`;
}

function asked([first, id]: readonly (string | number)[]): string {
  const known = QUESTION_IDS.find((one) => one === id);
  return known === undefined ? String(id ?? (first === 'by' ? 'Who answers' : first ?? '')) : questionOf(known).asks;
}

/** What was left empty was not answered. */
function disclosureOf({ text }: Form, vendor: string, now: number): JsonObject {
  const [date, expires] = [day(now), text('until')];
  const answers = QUESTION_IDS.flatMap((id) => {
    const { kind } = questionOf(id);
    const [said, evidence] = [text(`value.${id}`).trim().replaceAll('\r\n', '\n'), text(`evidence.${id}`).trim()];
    if (said === '') return [];
    return [[id, { value: valueOf(kind, said), ...(evidence === '' ? {} : { evidence }), date, expires }] as const];
  });
  return { disclosure: DISCLOSURE_FORMAT, vendor, by: text('by'), date, answers: Object.fromEntries(answers) };
}

function tokenOf({ params }: WebRequest): string {
  const token = params['token'];
  if (token === undefined) throw new SallyportError('ERR_NOT_FOUND', 'this page is not open');
  return token;
}

function purposeOf(link: string): string {
  return `disclosure\n${link}`;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
