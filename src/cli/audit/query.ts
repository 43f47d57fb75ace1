import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { show } from '../command.ts';
import type { Io } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { readSpan, table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { FIELDS, FILTER, cells, readFilter } from './filter.ts';
import { revealed } from './reveal.ts';

export const query: Verb = {
  usage: `query ['<filter> [count by <field>, …]'] [--since 1h] [--limit 100] [--order oldest] [--after N] [--reveal --reason WHY] ${
    FIELDS.map((name) => `[--${name} VALUE]`).join(' ')}`,
  options: {
    ...FILTER, since: { type: 'string' }, limit: { type: 'string' }, order: { type: 'string' }, after: { type: 'string' },
    reveal: { type: 'boolean' }, reason: { type: 'string' },
  },
  run: async (call) => {
    const { client, io, options } = call;
    const answer = await client.get('/audit/records', {
      ...readFilter(call), ...(await revealed(call)), filter: options.positionals[0], limit: options.text('limit'), order: options.text('order'),
      after: options.text('after'), since: sinceOf(options.text('since')),
    });
    const counts = part(answer, 'counts');
    show(io, options.json, answer, () => (counts === undefined ? recordTable(answer, options.text('order') === 'oldest') : countTable(answer)));
    noteReach(io, answer);
    const damaged = number(part(answer, 'damaged'));
    if (damaged > 0) io.note(`${damaged} places of the journal are not what was written; run \`sallyport audit verify\`.`);
    return damaged > 0 ? 1 : 0;
  },
};

/** The time that a span such as `1h` counts back to, epoch ms. Throws `ERR_USAGE`. */
export function sinceOf(span: string | undefined): number | undefined {
  const ms = span === undefined ? undefined : readSpan(span);
  if (span !== undefined && ms === undefined) throw new SallyportError('ERR_USAGE', '--since is no time span', { remedy: 'Write for instance 1h.' });
  return ms === undefined ? undefined : Date.now() - ms;
}

/** Says where to go on, and how far the index is while it is being made anew. */
export function noteReach(io: Io, answer: Json): void {
  const [next, known, end] = [part(answer, 'next'), number(part(answer, 'known')), number(part(answer, 'end'))];
  const building = end - known > 10_000 ? ` The index is being made: ${Math.floor((known / end) * 100)} %.` : '';
  if (typeof next === 'number') io.note(`There may be more: go on with --after ${next}.${building}`);
  else if (building !== '') io.note(building.trim());
}

function recordTable(answer: Json, oldest: boolean): string {
  const records = objects(part(answer, 'records'));
  return table(['when', 'event', 'who', 'agent', 'server', 'tool', 'why', 'exchange'], (oldest ? records : records.toReversed()).map(cells));
}

function countTable(answer: Json): string {
  const counts = objects(part(answer, 'counts'));
  const fields = Object.keys(counts[0] ?? {}).filter((name) => name !== 'count');
  const rows = counts.map((one) => [...fields.map((name) => text(one[name])), number(one['count'])]);
  return `${table([...fields, 'records'], rows)}${number(part(answer, 'total'))} records\n`;
}
