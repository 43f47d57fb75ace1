import { SallyportError } from '../../domain/errors.ts';
import { show } from '../command.ts';
import { number, objects, part } from '../json-view.ts';
import { readSpan, table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { FIELDS, FILTER, cells, readFilter } from './filter.ts';
import { revealed } from './reveal.ts';

export const query: Verb = {
  usage: `query [--since 1h] [--limit 100] [--reveal --reason WHY] ${FIELDS.map((name) => `[--${name} VALUE]`).join(' ')}`,
  options: { ...FILTER, since: { type: 'string' }, limit: { type: 'string' }, reveal: { type: 'boolean' }, reason: { type: 'string' } },
  run: async (call) => {
    const { client, io, options } = call;
    const since = options.text('since');
    const sinceMs = since === undefined ? undefined : readSpan(since);
    if (since !== undefined && sinceMs === undefined) throw new SallyportError('ERR_USAGE', '--since is no time span', { remedy: 'Write for instance 1h.' });
    const answer = await client.get('/audit/records', {
      ...readFilter(call), ...(await revealed(call)), limit: options.text('limit'), since: sinceMs === undefined ? undefined : Date.now() - sinceMs,
    });
    show(
      io, options.json, answer,
      () => table(['when', 'event', 'who', 'agent', 'server', 'tool', 'why', 'exchange'], objects(part(answer, 'records')).toReversed().map(cells)),
    );
    const damaged = number(part(answer, 'damaged'));
    if (damaged > 0) io.note(`${damaged} places of the journal are not what was written; run \`sallyport doctor\`.`);
    return damaged > 0 ? 1 : 0;
  },
};
