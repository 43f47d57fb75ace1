import { basename, isAbsolute, normalize } from 'node:path';
import { tellComplaints } from '../domain/complaints.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { isArray } from '../domain/json.ts';
import { TEMPLATES, writeTemplate } from '../policy/templates.ts';
import { show } from './command.ts';
import { objects, part, text } from './json-view.ts';
import { checkOffline, readTexts, testOffline } from './policy-files.ts';
import { analyse } from './policy/analyse.ts';
import { bind, role, roles, unbind, unrole } from './policy/rights.ts';
import { simulate } from './policy/simulate.ts';
import { suggest } from './policy/suggest.ts';
import { withProgress } from './progress.ts';
import { plain, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Call, Verb } from './verbs.ts';

const FILE = { file: { type: 'string', short: 'f' } } as const;

const check: Verb = {
  usage: 'check -f sallyport.yaml | check FILE.cedar...\n    with -f all of the manifest, offline; otherwise these files against the running registry',
  options: FILE,
  run: async (call) => {
    const { options, io, client } = call;
    const manifest = options.text('file');
    const answer = manifest === undefined
      ? await withProgress(io, 'compiling', async () => client.send('POST', '/policies/check', { policies: await readTexts(options.positionals) }))
      : await withProgress(io, 'compiling', () => checkOffline(manifest));
    show(io, options.json, answer, () => `${describeDiagnostics(answer)}${part(answer, 'ok') === true ? 'The policies compile.\n' : ''}`);
    return outcome(answer);
  },
};

const test: Verb = {
  usage: 'test TESTS.yaml... [-f sallyport.yaml]\n    with -f against the manifest, offline; otherwise against the running policies',
  options: FILE,
  run: async ({ options, io, client }) => {
    const manifest = options.text('file');
    const cases = await readTexts(options.positionals);
    const answer = manifest === undefined
      ? await withProgress(io, 'testing', () => client.send('POST', '/policies/test', { cases }))
      : await withProgress(io, 'testing', () => testOffline(manifest, cases));
    const results = objects(part(answer, 'results'));
    show(io, options.json, answer, () => describeDiagnostics(answer) + table(['test', 'outcome', 'difference'], results.map((one) => [
      text(one['name']), one['passed'] === true ? 'passed' : 'FAILED', text(one['difference']),
    ])));
    return outcome(answer);
  },
};

function describeDiagnostics(answer: Json): string {
  const all = objects(part(answer, 'diagnostics'));
  // What makes it fail is not to be pushed out of sight by warnings.
  const worstFirst = [...all.filter((one) => one['severity'] === 'error'), ...all.filter((one) => one['severity'] !== 'error')];
  if (all.length === 0) return '';
  const told = tellComplaints(worstFirst, (one) => {
    const place = [text(one['file']), text(one['line']), text(one['column'])].join(':');
    return `${plain(`${place} ${text(one['severity'])} ${text(one['code'])} ${text(one['message'])}`)}\n    ${plain(text(one['remedy']))}`;
  });
  return `${told}\n`;
}

function outcome(answer: Json): number {
  return part(answer, 'ok') === true ? 0 : 1;
}

const explain: Verb = {
  usage: 'explain EXCHANGE-ID',
  run: async ({ client, io, options, need }) => {
    const answer = await client.get('/policies/explain', { exchange: need(0, 'the exchange') });
    show(io, options.json, answer, () => objects(part(answer, 'decisions')).map(describeDecision).join('\n'));
    return 0;
  },
};

function describeDecision(decision: JsonObject): string {
  const who = `${text(decision['principal'])} by ${text(decision['agent'])}`;
  const what = [decision['action'], decision['server'], decision['tool']].map(text).filter((one) => one !== '').join(' ');
  const head = `${typeof decision['at'] === 'number' ? time(decision['at']) : ''}  ${plain(who)}: ${plain(what)}\n${plain(text(decision['summary']))}\n`;
  const watching = text(decision['shadow']);
  const shadow = watching === '' ? '' : `${plain(`In shadow, and would have matched: ${watching}`)}\n`;
  return head + shadow + objects(decision['policies']).map((policy) => {
    const place = policy['place'] === undefined ? '' : ` (${text(policy['place'])})`;
    return `\n${plain(`${text(policy['id'])}: ${text(policy['words'])}${place}`)}\n${plain(text(policy['text']), true)}\n`;
  }).join('');
}

const matrix: Verb = {
  usage: 'matrix',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/policies/matrix');
    const heads = objects(part(answer, 'principals')).map((one) => text(one['agent']));
    const rows = objects(part(answer, 'rows')).map((row) => [
      `${text(row['server'])}/${text(row['tool'])}`, text(row['effect']), ...(isArray(row['cells']) ? row['cells'] : []).map((cell) => CELLS[text(cell)] ?? ''),
    ]);
    show(io, options.json, answer, () => `${table(['tool', 'effect', ...heads], rows)}yes: may call · no: never · depends: on arguments or the moment\n`);
    if (heads.length === 0) io.note('No agent has a token now, so there is no column for one. Make one with `sallyport token create`.');
    return 0;
  },
};

const CELLS: Readonly<Record<string, string>> = { allow: 'yes', deny: 'no', unknown: 'depends' };

const init: Verb = {
  usage: `init --template ${TEMPLATES.join('|')} --group NAME --server ID...`,
  options: { template: { type: 'string' }, group: { type: 'string' }, server: { type: 'string', multiple: true } },
  run: async (call) => {
    const template = TEMPLATES.find((one) => one === call.needText('template'));
    if (template === undefined) throw new SallyportError('ERR_USAGE', 'there is no such template', { remedy: `Templates are ${TEMPLATES.join(', ')}.` });
    const policy = writeTemplate(template, call.needText('group'), needServers(call));
    show(call.io, call.options.json, { text: policy }, () => policy);
    return 0;
  },
};

function needServers(call: Call): readonly string[] {
  call.needText('group');
  const servers = call.options.list('server');
  if (servers.length === 0) throw new SallyportError('ERR_USAGE', '--server is missing', { remedy: 'Name each server that the policy is for.' });
  return servers;
}

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/policies');
    show(io, options.json, answer, () => table(['id', 'file', 'lines', 'digest'], objects(part(answer, 'policies')).map((one) => [
      text(one['id']), text(one['file']), text(one['source']).split('\n').length, text(one['digest']),
    ])));
    return 0;
  },
};

const WAS = { was: { type: 'string' } } as const;

const put: Verb = {
  usage: 'put FILE.cedar [--was DIGEST]\n    --was: only if the text with this digest (of policy list) is what stands there now',
  options: WAS,
  run: async (call) => {
    const answer = await send(call, 'PUT', '/policies');
    show(call.io, call.options.json, answer, () => `${plain(text(part(answer, 'file')))} is in force.\n`);
    return 0;
  },
};

const propose: Verb = {
  usage: 'propose FILE.cedar [--was DIGEST]\n    stored for a second person to read and approve; nothing changes until then',
  options: WAS,
  run: async (call) => {
    const answer = await send(call, 'POST', '/policies/proposed');
    show(call.io, call.options.json, answer, () => `${plain(text(part(answer, 'file')))} is proposed.\n`);
    return 0;
  },
};

async function send({ client, io, need, options }: Call, method: 'PUT' | 'POST', path: string): Promise<Json> {
  const given = need(0, 'the file');
  const [policy] = await readTexts([given]);
  const was = options.text('was');
  const body = { file: nameOf(normalize(given)), source: policy?.text ?? '', ...(was === undefined ? {} : { was }) };
  return withProgress(io, 'compiling', () => client.send(method, path, body));
}

const vocabulary: Verb = {
  usage: 'vocabulary',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/policies/vocabulary');
    const attributes = ['principal', 'resource', 'context'].flatMap((of) => Object.entries(part(answer, 'attributes', of) ?? {}).map(([name, one]) => [
      `${of}.${name}`, text(part(one, 'type')), text(part(one, 'values')),
    ]));
    const entities = Object.entries(part(answer, 'entities') ?? {}).map(([type, ids]) => [type, 'entity', text(ids)]);
    show(io, options.json, answer, () => table(['word', 'type', 'values'], [['Action', 'entity', text(part(answer, 'actions'))], ...entities, ...attributes]));
    return 0;
  },
};

/** A file elsewhere is called by its last part: the same file is the same policy from any folder, and can be exported into one. */
function nameOf(file: string): string {
  return isAbsolute(file) || file.startsWith('..') ? basename(file) : file;
}

const remove: Verb = {
  usage: 'remove ID',
  run: async ({ client, io, options, need }) => {
    const answer = await client.send('DELETE', `/policies/${encodeURIComponent(need(0, 'the policy\'s id'))}`);
    show(io, options.json, answer, () => `${plain(text(part(answer, 'id')))} is removed.\n`);
    return 0;
  },
};

export const command = commandOf(
  'policy', 'Check, test, explain and change what is allowed',
  { check, test, explain, matrix, simulate, analyse, init, suggest, list, put, propose, remove, vocabulary, roles, role, unrole, bind, unbind },
);
