import type { Json, JsonObject } from '../domain/json.ts';
import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { plain, readSpan, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Call, Verb } from './verbs.ts';

const FIELDS = ['category', 'event', 'exchange', 'principal', 'agent', 'server', 'tool'] as const;
const FILTER = Object.fromEntries(FIELDS.map((name) => [name, { type: 'string' as const }]));

function readFilter({ options }: Call): Readonly<Record<string, string>> {
  return Object.fromEntries(FIELDS.flatMap((name) => {
    const value = options.text(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

const query: Verb = {
  usage: `query [--since 1h] [--limit 100] ${FIELDS.map((name) => `[--${name} VALUE]`).join(' ')}`,
  options: { ...FILTER, since: { type: 'string' }, limit: { type: 'string' } },
  run: async (call) => {
    const { client, io, options } = call;
    const since = options.text('since');
    const sinceMs = since === undefined ? undefined : readSpan(since);
    if (since !== undefined && sinceMs === undefined) throw new SallyportError('ERR_USAGE', '--since is no time span', { remedy: 'Write for instance 1h.' });
    const answer = await client.get('/audit/records', {
      ...readFilter(call), limit: options.text('limit'), since: sinceMs === undefined ? undefined : Date.now() - sinceMs,
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

const tail: Verb = {
  usage: `tail ${FIELDS.map((name) => `[--${name} VALUE]`).join(' ')}`,
  options: FILTER,
  run: async (call) => {
    const { client, io, options } = call;
    try {
      for await (const record of client.stream('/audit/tail', readFilter(call))) io.out(`${options.json ? JSON.stringify(record) : line(record)}\n`);
    } catch (error) {
      if (!io.signal.aborted) throw error;
    }
    return 0;
  },
};

function cells(record: JsonObject): readonly string[] {
  return [
    time(number(record['at'])), text(record['event']), text(record['principal']), text(record['agent']), text(record['server']),
    text(record['tool'] ?? record['method'] ?? record['action']),
    [text(record['code']), text(record['policies']), text(record['reason'])].filter((one) => one !== '').join('; '), text(record['exchange']),
  ];
}

function line(record: Json): string {
  return isObject(record) ? plain(cells(record).filter((cell) => cell !== '').join('  ')) : '';
}

export const command = commandOf('audit', 'Read the journal: what was asked, decided and done', { query, tail });
