import { usageError } from '../arguments.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, table, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';

const NAMED = ['person', 'exchange', 'context', 'server'] as const;

export const hold: Verb = {
  usage: `hold (list | add ${NAMED.map((name) => `[--${name} ID]`).join(' ')} --reason WHY | lift ID --reason WHY)`,
  options: { ...Object.fromEntries(NAMED.map((name) => [name, { type: 'string' as const }])), reason: { type: 'string' } },
  run: (call) => {
    const [what] = call.options.positionals;
    const act = new Map([['list', list], ['add', add], ['lift', lift]]).get(what ?? '');
    if (act === undefined) throw usageError({ usage: `audit ${hold.usage}` }, 'say what to do: list, add or lift');
    return act(call);
  },
};

async function list({ client, io, options }: Call): Promise<number> {
  const answer = await client.get('/audit/holds');
  show(io, options.json, answer, () => table(['id', 'since', 'of', 'by', 'why'], objects(part(answer, 'holds')).map((one) => [
    text(one['id']), time(number(one['at'])),
    NAMED.flatMap((name) => (one[name] === undefined ? [] : [`${name} ${text(one[name])}`])).join(', ') || 'everything', text(one['by']), text(one['reason']),
  ])));
  return 0;
}

async function add({ client, io, options, needText }: Call): Promise<number> {
  const named = Object.fromEntries(NAMED.flatMap((name) => {
    const value = options.text(name);
    return value === undefined ? [] : [[name, value]];
  }));
  const answer = await client.send('POST', '/audit/holds', { ...named, reason: needText('reason') });
  show(io, options.json, answer, () => `held until it is lifted: ${plain(text(part(answer, 'id')))}\n`);
  return 0;
}

async function lift({ client, io, options, need, needText }: Call): Promise<number> {
  const answer = await client.send('POST', `/audit/holds/${encodeURIComponent(need(1, 'the hold'))}/lift`, { reason: needText('reason') });
  show(io, options.json, answer, () => 'lifted\n');
  return 0;
}
