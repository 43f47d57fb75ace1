import { isObject } from '../domain/json.ts';
import type { Json } from '../domain/json.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { plain, span, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Verb } from './verbs.ts';

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/schedule');
    show(io, options.json, answer, () => table(['job', 'by', 'state', 'every', 'next', 'last', 'what came of it'], objects(part(answer, 'jobs')).map((job) => [
      text(job['kind']), text(job['by']), text(job['state']), orNone(job['everyMs'], span), orNone(job['nextAt'], time), ...lastOf(job['last'] ?? null),
    ])));
    return 0;
  },
};

const run: Verb = {
  usage: 'run JOB',
  run: async ({ client, io, options, need }) => {
    const kind = need(0, 'the job');
    const answer = await client.send('POST', `/schedule/${encodeURIComponent(kind)}/run`);
    const command = part(answer, 'command');
    const isDone = part(answer, 'ok') === true;
    show(io, options.json, answer, () => (Array.isArray(command)
      ? `A worker does that: sallyport worker --once --jobs ${plain(kind)}\nBy hand: sallyport ${plain(command.map(text).join(' '))}\n`
      : `${isDone ? 'done' : 'failed'}: ${plain(text(part(answer, 'says')))}\n`));
    return Array.isArray(command) || isDone ? 0 : 1;
  },
};

function orNone(value: Json | undefined, shown: (value: number) => string): string {
  return typeof value === 'number' ? shown(value) : '';
}

function lastOf(last: Json): readonly [string, string] {
  if (!isObject(last)) return ['', ''];
  return [time(number(last['at'])), `${last['ok'] === true ? '' : 'FAILED: '}${text(last['says'])} (${span(number(last['ms']))})`];
}

export const command = commandOf('schedule', 'What runs by itself: when it ran and with what, and when it runs next', { list, run });
