import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { recompute } from '../../vendor/report/report.ts';
import { usageError } from '../arguments.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { readPlain } from '../plain-file.ts';
import { plain, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

export const listed: Verb = {
  usage: 'list',
  run: async ({ io, options, client }) => {
    const answer = await client.get('/vendors');
    show(io, options.json, answer, () => table(['vendor', 'tier', 'score', 'confidence', 'disclosure', 'servers', 'owner'], objects(part(answer, 'vendors'))
      .map((one) => [
        `${text(one['id'])}\n${text(one['name'])}`, text(one['tier']), `${text(one['score'])} ${text(one['grade'])}`, `${text(one['confidence'])} %`,
        `${untilText(one)}${one['submitted'] === true ? '\nanswers wait for a look' : ''}`, text(one['servers']), text(one['owner']),
      ])));
    return 0;
  },
};

function untilText(one: JsonObject): string {
  const due = text(one['due']);
  if (one['dueAt'] === undefined) return `none: ${due}`;
  return `${one['disclosed'] === true ? 'until' : 'ended'} ${day(one['dueAt'])}: ${due}`;
}

function day(at: Json | undefined): string {
  return time(number(at)).slice(0, 10);
}

export const candidates: Verb = {
  usage: 'candidates',
  run: async ({ io, options, client }) => {
    const answer = await client.get('/vendor-candidates');
    show(io, options.json, answer, () => table(['who', 'where', 'seen as', 'registered as'], objects(part(answer, 'candidates')).map((one) => [
      text(one['name']), text(one['url']), text(one['assets']), text(one['servers']),
    ])));
    return 0;
  },
};

export const shown: Verb = {
  usage: 'show ID',
  run: async ({ io, options, client, need }) => {
    const answer = await client.get(`/vendors/${encodeURIComponent(need(0, 'the vendor'))}`);
    show(io, options.json, answer, () => describe(answer));
    return 0;
  },
};

function describe(answer: Json): string {
  const score = part(answer, 'score');
  const [due, standing] = [part(answer, 'due'), part(answer, 'standing')];
  const submitted = part(answer, 'submitted');
  return [
    table(['vendor', text(part(answer, 'id'))], [
      ['name', text(part(answer, 'name'))], ['owner, purpose', `${text(part(answer, 'owner'))}: ${text(part(answer, 'purpose'))}`],
      ['endpoints', text(part(answer, 'endpoints'))],
      ['servers', objects(part(answer, 'routed')).map((one) => `${text(one['id'])}${one['isThere'] === true ? '' : ' (at none of its endpoints)'}`).join(', ')],
      ['may be sent', text(part(answer, 'data'))],
      ['score', `${text(part(score, 'score'))} of 100, grade ${text(part(score, 'grade'))}, confidence ${text(part(score, 'confidence'))} %`],
      ['disclosure', part(standing, 'disclosedUntil') === undefined ? `none that is valid: ${text(part(due, 'why'))}`
        : `until ${day(part(standing, 'disclosedUntil'))}: ${text(part(due, 'why'))}`],
      ['not answered', text(part(score, 'missing'))],
    ]),
    section('What holds it down', table(['why', ''], [
      ...objects(part(score, 'caps')).map((one) => [text(one['why']), `at most ${text(one['max'])}`]),
      ...objects(part(score, 'penalties')).map((one) => [text(one['why']), `-${text(one['points'])}`]),
    ])),
    section('Disclosed, and otherwise from outside', table(['what', 'severity', 'said', 'seen'], objects(part(score, 'mismatches')).map((one) => [
      `${text(one['id'])}${one['isExcepted'] === true ? ' (accepted)' : ''}`, text(one['severity']), text(one['said']), text(one['seen']),
    ]))),
    section('What happened', table(['when', 'what', 'note'], objects(part(answer, 'events')).map((one) => [
      day(one['at']), text(one['event']), text(one['note']),
    ]))),
    section('Every input', table(['input', 'domain', 'by', 'weight', 'worth', 'freshness'], objects(part(score, 'items')).map((one) => [
      `${text(one['id'])}${one['isExcepted'] === true ? ' (accepted)' : ''}`, text(one['domain']), text(one['by']), text(one['weight']), text(one['worth']),
      `${Math.round(100 * number(one['freshness']))} %`,
    ]))),
    submitted === undefined ? '' : `\nAnswers of ${plain(text(part(submitted, 'by')))} wait for a look. Take them with:
  sallyport vendor accept ${plain(text(part(answer, 'id')))} --digest ${text(part(submitted, 'digest'))}\n${answers(part(submitted, 'answers'))}`,
  ].join('');
}

function answers(given: Json | undefined): string {
  if (typeof given !== 'object' || given === null) return '';
  return table(['question', 'answer', 'evidence'], Object.entries(given).map(([id, answer]) => [
    id, text(part(answer, 'value')), text(part(answer, 'evidence')),
  ]));
}

function section(title: string, body: string): string {
  return body === '(none)\n' ? '' : `\n${title}\n${body}`;
}

const FORMATS = ['html', 'markdown', 'json'];

export const reported: Verb = {
  usage: 'report ID [--format html|markdown|json] [--out FILE]',
  options: { format: { type: 'string' }, out: { type: 'string' } },
  run: async ({ io, options, client, need }) => {
    const format = options.text('format') ?? 'markdown';
    if (!FORMATS.includes(format)) throw usageError({ usage: `vendor ${reported.usage}` }, `--format is one of ${FORMATS.join(', ')}`);
    const answer = await client.get(`/vendors/${encodeURIComponent(need(0, 'the vendor'))}/report?format=${format}`);
    const out = options.text('out');
    if (out !== undefined) await writeFile(resolve(io.cwd, out), text(part(answer, 'text')));
    show(io, options.json, answer, () => (out === undefined ? plain(text(part(answer, 'text')), true) : `Written to ${plain(out)}.\n`));
    return 0;
  },
};

export const schema: Verb = {
  usage: 'schema',
  run: async ({ io, client }) => {
    show(io, true, await client.get('/vendor-disclosure-schema'), () => '');
    return 0;
  },
};

export const recomputed: Verb = {
  usage: 'recompute REPORT.json\n          comes to the score anew by what the report says went into it; asks nobody',
  run: async ({ io, options, need }) => {
    const file = need(0, 'the report');
    const content = await readPlain(resolve(io.cwd, file), LIMITS.bodyBytesMax);
    const found = recompute(parsed(content));
    if (found === undefined) {
      throw new SallyportError('ERR_VERIFY_FAILED', `${file} is no report of a vendor`, {
        remedy: 'Have one written: sallyport vendor report ID --format json.',
      });
    }
    const { score: { score, grade }, isSame } = found;
    if (!isSame) {
      throw new SallyportError('ERR_VERIFY_FAILED', `what ${file} says went into the score comes to ${score}, grade ${grade}, and not to what it says`, {
        remedy: 'It was changed, or made by another version: ask for a new one.',
      });
    }
    show(io, options.json, { score, grade }, () => `${score} of 100, grade ${grade}: as the report says.\n`);
    return 0;
  },
};

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
