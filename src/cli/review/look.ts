import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { day } from '../../review/days.ts';
import { show as showAnswer } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { withProgress } from '../progress.ts';
import { plain, table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { countsOf } from './counts.ts';

export const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/reviews');
    showAnswer(io, options.json, answer, () => table(['campaign', 'title', 'state', 'opened', 'due', 'findings'], objects(part(answer, 'reviews')).map((one) =>
      [
      text(one['id']), text(one['title']), text(one['state']), day(number(one['openedAt'])), day(number(one['dueAt'])), String(findingsOf(one)),
    ])));
    return 0;
  },
};

function findingsOf({ checks }: JsonObject): number {
  return typeof checks === 'object' && checks !== null
    ? Object.entries(checks).reduce((sum, [check, count]) => sum + (check === 'access' ? 0 : number(count)), 0) : 0;
}

export const show: Verb = {
  usage: 'show CAMPAIGN',
  run: async ({ client, io, options, need }) => {
    const one = await client.get(`/reviews/${encodeURIComponent(need(0, 'the campaign'))}`);
    showAnswer(io, options.json, one, () => [
      table(['campaign', text(part(one, 'id'))], [
        ['title', text(part(one, 'title'))], ['state', text(part(one, 'state'))], ['opened',
          `${day(number(part(one, 'openedAt')))} by ${text(part(one, 'openedBy'))}`],
        ['due', day(number(part(one, 'dueAt')))], ['evidence', text(part(one, 'closed', 'digest'))],
      ]), countsOf(part(one, 'checks')), countsOf(part(one, 'closed', 'remedies')),
    ].join(''));
    return 0;
  },
};

export const items: Verb = {
  usage: 'items CAMPAIGN [--state open|certified|revoked|changed|lapsed|unanswered] [--check CHECK]',
  options: { state: { type: 'string' }, check: { type: 'string' } },
  run: async ({ client, io, options, need }) => {
    const campaign = need(0, 'the campaign');
    const path = `/reviews/${encodeURIComponent(campaign)}/items`;
    const answer = await client.get(path, { state: options.text('state'), check: options.text('check') });
    showAnswer(io, options.json, answer, () => (objects(part(answer, 'items')).length > 0 ? told(objects(part(answer, 'items')))
      : `None. Those of a closed campaign stand in: sallyport review report ${plain(campaign)}\n`));
    return 0;
  },
};

export const mine: Verb = {
  usage: 'mine',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/reviews/mine');
    const open = objects(part(answer, 'items'));
    showAnswer(io, options.json, answer, () => (open.length === 0 ? 'Nothing waits for you.\n'
      : `${told(open)}Answer: sallyport review certify|revoke|change|delegate CAMPAIGN ITEM --reason WHY\n`));
    return 0;
  },
};

function told(open: readonly JsonObject[]): string {
  // One's own are of several campaigns, and the same item may be in each.
  const [head, campaignOf] = open.some(({ review }) => review !== undefined) ? [['campaign'], (one: JsonObject) => [text(one['review'])]] as const
    : [[], () => []] as const;
  return table([...head, 'item', 'severity', 'check', 'what', 'asked', 'state'], open.map((one) => [
    ...campaignOf(one), text(one['id']), text(one['severity']), text(one['check']),
    `${text(one['title'])}${one['outlier'] === undefined ? '' : ` (${text(one['outlier'])})`}${one['lapses'] === true ? '; goes if nobody answers' : ''}`,
    isArray(one['reviewers']) && one['reviewers'].length > 0 ? one['reviewers'].map(text).join(', ') : 'who administers',
    `${text(one['state'])}${one['note'] === undefined ? '' : `; ${text(one['remedy'])}: ${text(one['note'])}`}`,
  ]));
}

/** Where nothing smaller is known, what taking it away would do is shown, which is no advice to. */
const SAYS: Readonly<Record<string, string>> = { 'narrow-grant': 'Suggested (`review change`)', 'drop-grant': 'After `review revoke`' };

export const suggest: Verb = {
  usage: 'suggest CAMPAIGN ITEM',
  run: async ({ client, io, options, need }) => {
    const path = `/reviews/${encodeURIComponent(need(0, 'the campaign'))}/items/${encodeURIComponent(need(1, 'the item'))}/suggestion`;
    const answer = await withProgress(io, 'deciding the last 90 days again', () => client.get(path));
    const [replayed, after] = [part(answer, 'replayed'), text(part(answer, 'after'))];
    showAnswer(io, options.json, answer, () => [
      `Now:\n${plain(text(part(answer, 'before')), true)}\n`,
      `${SAYS[text(part(answer, 'remedy', 'kind'))] ?? 'Suggested'}:\n${after === '' ? 'nothing\n' : plain(after, true)}\n`,
      `Of ${number(part(replayed, 'decisions'))} decisions of the last 90 days it would have blocked ${number(part(replayed, 'blocked'))};`,
      ` ${number(part(replayed, 'undecidable'))} cannot be known.\n${countsOf(named(part(replayed, 'tools')))}`,
      ...objects(part(answer, 'windows')).map((one) =>
        `By the last ${number(one['days'])} days: ${number(one['tools'])} tools are left; of 90 days it blocks ${number(one['blocks'])} calls.\n`),
    ].join(''));
    return 0;
  },
};

/** Sessions and lists are of no tool. */
function named(tools: Json | undefined): JsonObject {
  return Object.fromEntries(Object.entries(isObject(tools) ? tools : {}).map(([name, count]) => [name === '' ? 'sessions, lists' : name, count]));
}
