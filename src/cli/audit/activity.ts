import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray } from '../../domain/json.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { noteReach, sinceOf } from './query.ts';

const BARS = ' ▁▂▃▄▅▆▇█';
const [CALLS, DENIALS] = [1, 2];

export const activity: Verb = {
  usage: 'activity [--by agent|server] [--unit hour|minute] [--since 1d] [--limit 20]',
  options: { by: { type: 'string' }, unit: { type: 'string' }, since: { type: 'string' }, limit: { type: 'string' } },
  run: async ({ client, io, options }) => {
    const answer = await client.get('/audit/activity', {
      by: options.text('by'), unit: options.text('unit'), since: sinceOf(options.text('since')), limit: options.text('limit'),
    });
    show(io, options.json, answer, () => table(['who', 'calls', 'denied', 'held', 'failed', 'findings', 'calls over time', 'denied over time'],
      objects(part(answer, 'rows')).map((row) => lineOf(row, answer))));
    const others = number(part(answer, 'others'));
    if (others > 0) io.note(`${others} more are not shown: see --limit.`);
    io.note(`From ${time(number(part(answer, 'since')))} to ${time(number(part(answer, 'until')))}, one bar ${text(part(answer, 'unit'))}.`);
    noteReach(io, answer);
    return 0;
  },
};

function lineOf(row: JsonObject, answer: Json): readonly (string | number)[] {
  const name = text(row['name']);
  return [
    name === '' ? 'all' : name, number(row['calls']), number(row['denials']), number(row['held']), number(row['failures']), number(row['findings']),
    bars(row, answer, CALLS), bars(row, answer, DENIALS),
  ];
}

/** One bar for each time, the highest as high as the line. */
function bars(row: JsonObject, answer: Json, field: number): string {
  const [since, until] = [number(part(answer, 'since')), number(part(answer, 'until'))];
  const ms = part(answer, 'unit') === 'minute' ? 60_000 : 3_600_000;
  const counts = new Map((isArray(row['cells']) ? row['cells'] : []).filter(isArray).map((cell) => [number(cell[0]), number(cell[field])]));
  const highest = Math.max(1, ...counts.values());
  const starts = Array.from({ length: Math.max(0, Math.min(60, Math.ceil((until - since) / ms))) }, (_, back) => until - (back + 1) * ms).toReversed();
  return starts.map((start) => BARS[Math.ceil(((counts.get(start) ?? 0) / highest) * (BARS.length - 1))] ?? ' ').join('');
}
