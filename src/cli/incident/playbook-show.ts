import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { EXTENSION_ID } from '../../incident/playbook/form.ts';
import { revealed } from '../audit/reveal.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, table, time } from '../terminal.ts';
import type { Call } from '../verbs.ts';

export async function list(call: Call): Promise<number> {
  const { client, io, options } = call;
  if (options.flag('runs') || options.text('incident') !== undefined) return listRuns(call);
  const answer = await client.get('/playbooks');
  show(io, options.json, answer, () => table(['playbook', 'name', 'answers', 'from', 'starts', 'signed by'], objects(part(answer, 'playbooks')).map((one) => [
    text(one['slug']) || text(one['id']), text(one['name']), objects(one['triggers']).map(({ kind }) => text(kind)).join(', '), text(one['origin']),
    one['automatic'] === true ? 'by itself' : 'by hand', objects(one['signatures']).map(({ signee }) => text(signee)).join(', '),
  ])));
  return 0;
}

async function listRuns({ client, io, options }: Call): Promise<number> {
  const answer = await client.get('/playbook-runs', { incident: options.text('incident') });
  show(io, options.json, answer, () => table([
    'run', 'playbook', 'incident', 'state', 'mode', 'since', 'waits at',
  ], objects(part(answer, 'runs')).map((one) => [
    text(one['id']), text(one['name']), text(one['incident']), text(one['state']), text(one['mode']), time(number(one['startedAt'])), text(one['waiting']),
  ])));
  return 0;
}

export async function showOne(call: Call): Promise<number> {
  const { client, io, options, need } = call;
  const given = need(1, 'the playbook or run');
  const id = await findId(call, given);
  const answer = id === undefined ? await client.get(`/playbook-runs/${encodeURIComponent(given)}`, await revealed(call))
    : await client.get(`/playbooks/${encodeURIComponent(id)}`);
  show(io, options.json, answer, () => (id === undefined ? describeRun(answer) : describePlaybook(answer)));
  return 0;
}

/** A playbook by its id, or the short name that it ships under; undefined: it is none that is here. */
async function findId({ client }: Call, given: string): Promise<string | undefined> {
  const all = objects(part(await client.get('/playbooks'), 'playbooks'));
  return text(all.find((one) => one['id'] === given || one['slug'] === given)?.['id']) || undefined;
}

/** Throws `ERR_NOT_FOUND`. */
export async function needId(call: Call, given: string): Promise<string> {
  const id = await findId(call, given);
  if (id !== undefined) return id;
  throw new SallyportError('ERR_NOT_FOUND', `there is no playbook ${JSON.stringify(given)} here`, { remedy: 'See `sallyport incident playbook list`.' });
}

function describePlaybook(answer: Json): string {
  const playbook = part(answer, 'playbook');
  const guide = part(playbook, 'playbook_extensions', EXTENSION_ID);
  const lines = (name: string): readonly (readonly string[])[] => {
    const value = part(guide, name);
    return Array.isArray(value) ? value.map((line: Json) => [text(line)]) : [];
  };
  return [
    `${plain(text(part(playbook, 'name')))}, version of ${plain(text(part(playbook, 'modified')))}\n${plain(text(part(playbook, 'description')))}\n`,
    table(['severity', 'when', 'contain within'], objects(part(guide, 'severities')).map((one) => [
      text(one['severity']), text(one['when']), `${number(one['contain_within_minutes'])} min`,
    ])),
    table(['the first minutes'], lines('first_minutes')), table(['evidence'], lines('evidence')), table(
      ['what must be seen before it runs again'], lines('recovery_gates'),
    ),
    table(['who is told', 'subject'], objects(part(guide, 'communications')).map((one) => [text(one['audience']), text(one['subject'])])),
    table(
      ['law', 'hours', 'from', 'what'],
      objects(part(guide, 'clocks')).map((one) => [text(one['law']), number(one['hours']), text(one['from']), text(one['says'])]),
    ),
    'The steps, and the texts to write, are in it: sallyport incident playbook export. Try it with --mode dry.\n',
  ].join('\n');
}

/** A run for people: its steps, then what is to be typed for what it waits for. */
export function describeRun(run: Json): string {
  const steps = objects(part(run, 'steps'));
  const isOver = part(run, 'endedAt') !== undefined;
  const open = steps.filter(({ state }) => !isOver && (state === 'waiting' || state === 'failed' || state === 'proposed'));
  const wayBack = objects(part(run, 'wayBack'));
  return [
    `${plain(text(part(run, 'name')))}: run ${plain(text(part(run, 'id')))} of incident ${plain(text(part(run, 'incident')))}, `
      + `${text(part(run, 'mode'))}, ${stateOf(run)}\n`,
    table(
      ['step', 'state', 'what', 'who', 'note'],
      steps.map((one) => [number(one['n']), text(one['state']), text(one['name']), text(one['who']), noteOf(one)]),
    ),
    ...open.map((one) => describeOpen(text(part(run, 'id')), one)),
    ...wayBack.map((one) => `In force because of this run: ${plain(text(one['name']))}. Way back: ${plain(text(one['lift']))}\n`),
    ...texts(part(run, 'guidance')).map((line) => `${plain(line)}\n`),
  ].join('\n');
}

/** Rehearsed, a step says what it would have come to. */
function noteOf(step: JsonObject): string {
  const of = (name: string): Json | undefined => part(step['answer'], name);
  const [failed, asked] = [text(of('wouldFail')), of('wouldAsk')];
  if (failed !== '') return `would fail: ${failed}`;
  if (asked === true) return 'a person would be asked';
  if (asked !== undefined) return `would be ${text(asked)}`;
  if (of('dryRun') !== true) return text(step['note']);
  const about = Object.entries(isObject(step['with']) ? step['with'] : {}).flatMap(([name, value]) => (name === 'incident' ? [] : [text(value)]));
  return ['would be', text(of('verb')), ...about].join(' ');
}

function stateOf(run: Json): string {
  const state = text(part(run, 'state'));
  return state === 'stopped' ? 'stopped at a step that failed: what is in force stays in force' : state;
}

function describeOpen(run: string, step: JsonObject): string {
  const typed = `sallyport incident playbook step ${run} ${number(step['n'])}`;
  const answers = texts(step['answers']).map((name) => ` --answer ${name}=true|false`).join('');
  const how = step['state'] === 'failed' ? `${typed} retry, or ${typed} skip --note WHY`
    : step['state'] === 'proposed' ? `a second person: sallyport proposal approve ${text(step['proposal'])}`
      : step['kind'] === 'people' ? `${typed} done${answers}` : `${typed} go`;
  const asked = isObject(step['with']) ? Object.entries(step['with']).map(([name, value]) => `${name}: ${text(value)}`) : [];
  return [
    `Step ${number(step['n'])}, ${plain(text(step['name']))} (${plain(text(step['who']))}):`,
    ...[...texts(step['does']), ...asked].map((line) => `  - ${plain(line)}`), `  ${plain(how)}\n`,
  ].join('\n');
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map((one: Json) => text(one)) : [];
}
