import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { reportOf, windowOf } from './window.ts';

const BY = ['agent', 'group'] as const;
const FORMS = ['limits', 'permits'] as const;

export const suggest: Verb = {
  usage: `suggest --since 14d [--by ${BY.join('|')}] [--as ${FORMS.join('|')}] [--agent NAME] [--server ID] [--tool NAME] [--reason WHY]
      [--out FILE.cedar] [--propose]
    policies that leave what was used and no more: limits forbid the rest, permits stand instead of what permits today. They are
    verified against the same time and never applied; --propose stores them for somebody else to approve. With a reason payloads are
    opened (who may investigate), so that arguments are limited too where they were stable`,
  options: {
    since: { type: 'string' }, until: { type: 'string' }, by: { type: 'string' }, as: { type: 'string' }, agent: { type: 'string' }, server: { type: 'string' },
    tool: { type: 'string' }, principal: { type: 'string' }, reason: { type: 'string' }, out: { type: 'string' }, propose: { type: 'boolean' },
  },
  run: async (call) => {
    const { io, options, client } = call;
    const report = await reportOf(call, '/policies/suggest', {
      ...windowOf(call), by: oneOf('by', BY, options.text('by')), form: oneOf('as', FORMS, options.text('as')),
    });
    const [source, out] = [text(part(report, 'text')), options.text('out')];
    if (out !== undefined) await writeFile(resolve(io.cwd, out), source, { mode: 0o600 });
    show(io, options.json, report, () => describe(report, out));
    if (number(part(report, 'verified', 'changes', 'denied')) > 0 || objects(part(report, 'wider')).length > 0) {
      io.note('It is not what it should be: it would deny something that was permitted, or give what nobody had. Read it with that in mind.');
    }
    if (part(report, 'complete') === false) io.note('There was more than is looked at, or records that could not be read: something may be missing.');
    if (options.flag('propose') && source !== '') {
      await client.send('POST', '/policies/proposed', { file: text(part(report, 'file')), source });
      throw new SallyportError('ERR_INTERNAL', 'it was put in force and not proposed', { remedy: 'Look at `sallyport policy list`.' });
    }
    return 0;
  },
};

function oneOf<T extends string>(name: string, known: readonly T[], given: string | undefined): T {
  const found = given === undefined ? known[0] : known.find((one) => one === given);
  if (found !== undefined) return found;
  throw new SallyportError('ERR_USAGE', `--${name} is ${known.join(' or ')}`, { remedy: `Write for instance --${name} ${known[0] ?? ''}.` });
}

function describe(report: Json, out: string | undefined): string {
  const unused = objects(part(report, 'unused')).map((one) => [text(one['who']), text(one['tools'])]);
  const verified = part(report, 'verified');
  const undecidable = number(part(verified, 'undecidable', 'count'));
  const [decisions, denied] = [text(part(verified, 'decisions')), text(part(verified, 'changes', 'denied'))];
  const proof = `Verified: of ${decisions} decisions of that time it denies ${denied} that were permitted`
    + `${undecidable === 0 ? '' : `; ${undecidable} can't be made again, for their payload is not open`}. It permits nothing new.\n`;
  const body = out === undefined ? `\n${plain(text(part(report, 'text')), true)}` : `Written to ${plain(out)}.\n`;
  const rights = unused.length === 0 ? '' : `\nRights that were never used:\n${table(['who', 'tools'], unused)}`;
  return `// The least that ${text(part(report, 'calls'))} observed calls needed. Read it before you use it.\n${body}${rights}\n${proof}`;
}
