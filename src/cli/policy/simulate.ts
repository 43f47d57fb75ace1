import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { CANDIDATE, candidateOf, CHANGED } from './candidate.ts';
import { reportOf, windowOf } from './window.ts';

export const simulate: Verb = {
  usage: `simulate --since 7d [-f sallyport.yaml | --policies FOLDER|FILE.cedar... | --proposal ID] [--enforce POLICY-ID]… [--reason WHY]
      [--agent NAME] [--server ID] [--tool NAME] [--principal WHO] [--until 1h] [--reveal]
    what was decided, decided again by another snapshot; exits with 0 when nothing changes, 3 when something does.
    With a reason payloads are opened (who may investigate); without one what depends on them is undecidable`,
  options: {
    ...CANDIDATE, since: { type: 'string' }, until: { type: 'string' }, reason: { type: 'string' }, agent: { type: 'string' },
    server: { type: 'string' }, tool: { type: 'string' }, principal: { type: 'string' }, reveal: { type: 'boolean' },
  },
  run: async (call) => {
    const { io, options } = call;
    const report = await reportOf(call, '/policies/simulate', {
      ...windowOf(call), candidate: await candidateOf(call), ...(options.flag('reveal') ? { reveal: true } : {}),
    });
    show(io, options.json, report, () => describe(report));
    if (part(report, 'payloads') === false && number(part(report, 'undecidable', 'count')) > 0) {
      io.note('Payloads stayed closed. With --reason WHY, who may investigate has them opened, on record.');
    }
    const erasures = number(part(report, 'erasures'));
    if (erasures > 0) io.note(`Evidence was erased ${erasures} times since then: what was decided there is not in these numbers.`);
    if (number(part(report, 'damaged')) > 0) io.note('Some records could not be read: see `sallyport audit fsck`.');
    const changes = ['denied', 'permitted', 'obligations'].some((change) => number(part(report, 'changes', change)) > 0);
    return changes ? CHANGED : 0;
  },
};

const WORDS: Readonly<Record<string, string>> = {
  denied: 'permitted, would be denied', permitted: 'denied, would be permitted', obligations: 'other gates or transforms',
  reasons: 'the same, by other policies',
  undecidable: 'undecidable',
};

function describe(report: Json): string {
  const [decisions, changes, undecidable] = [number(part(report, 'decisions')), part(report, 'changes'), part(report, 'undecidable')];
  const countOf = (change: string): number => number(part(changes, change));
  const counts = ['denied', 'permitted', 'obligations', 'reasons'].map((change) => [WORDS[change], countOf(change), share(countOf(change), decisions)]);
  const reasons = part(undecidable, 'why');
  const why = isObject(reasons) ? Object.entries(reasons).map(([name, times]) => `${name} ${text(times)}`).join(', ') : '';
  const unsure = number(part(undecidable, 'count'));
  const head = table(['what would change', 'decisions', 'share'], [
    ...counts, [`undecidable${why === '' ? '' : ` (${why})`}`, unsure, share(unsure, decisions)],
    ['as it was', number(part(report, 'unchanged')), share(number(part(report, 'unchanged')), decisions)], ['all', decisions, ''],
  ]);
  const policies = objects(part(report, 'policies'));
  const shadow = objects(part(report, 'shadow'));
  return head
    + section('By policy', ['policy', 'change', 'decisions'],
      policies.map((one) => [text(one['policy']), WORDS[text(one['change'])] ?? '', text(one['count'])]))
    + ['agents', 'servers', 'tools'].map((of) => sharesOf(of, objects(part(report, of)))).join('')
    + section('Policies in shadow that would have matched', ['policy', 'then', 'by the candidate'],
      shadow.map((one) => [text(one['policy']), text(one['recorded']), text(one['simulated'])]))
    + section('For instance', ['when, and who', 'call', 'then', 'would be', 'exchange'],
      objects(part(report, 'examples')).slice(0, EXAMPLES_SHOWN).map(exampleOf));
}

const EXAMPLES_SHOWN = 20;
const SHARES_SHOWN = 10;

function sharesOf(of: string, shares: readonly JsonObject[]): string {
  const touched = shares.filter((one) => number(one['changed']) > 0 || number(one['undecidable']) > 0).slice(0, SHARES_SHOWN);
  return section(`By ${of.slice(0, -1)}`, [of.slice(0, -1), 'decisions', 'changed', 'undecidable'], touched.map((one) => [
    text(one['name']), text(one['decisions']), `${text(one['changed'])} (${share(number(one['changed']), number(one['decisions']))})`, text(one['undecidable']),
  ]));
}

function exampleOf(one: JsonObject): readonly string[] {
  const call = [one['server'], one['tool']].map(text).filter((part_) => part_ !== '').join('/');
  const would = one['is'] === null ? `undecidable: ${text(one['why'])}` : judged(part(one, 'is'));
  const kind = one['kind'] === 'call' ? '' : `\n(${text(one['kind'])})`;
  return [`${time(number(one['at']))}\n${text(one['agent'])}`, `${call}${kind}`, judged(part(one, 'was')), would, text(one['exchange'])];
}

function judged(of: Json | undefined): string {
  const more = [text(part(of, 'gates')), text(part(of, 'transforms'))].filter((one) => one !== '').join(', ');
  return [text(part(of, 'outcome')), more === '' ? text(part(of, 'policies')) : more].filter((one) => one !== '').join('\n');
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : `\n${plain(title)}\n${table(head, rows)}`;
}

/** `12.3 %`. */
function share(count: number, all: number): string {
  return all === 0 ? '' : `${((100 * count) / all).toFixed(1)} %`;
}
