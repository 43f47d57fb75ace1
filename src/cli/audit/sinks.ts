import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain, readSpan, span, table, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';

/** `sallyport audit sinks`: where records are sent; with `test` or `replay`, one of them. */
export const sinks: Verb = {
  usage: 'sinks [test NAME | replay NAME (--from POSITION | --since 1h)]',
  options: { from: { type: 'string' }, since: { type: 'string' } },
  run: async (call) => {
    const act = call.options.positionals[0];
    if (act === undefined) return list(call);
    if (act === 'test') return test(call, call.need(1, 'the name of a sink'));
    if (act === 'replay') return replay(call, call.need(1, 'the name of a sink'));
    const remedy = 'Write: audit sinks, audit sinks test NAME, audit sinks replay NAME --from N.';
    throw new SallyportError('ERR_USAGE', `there is no "audit sinks ${act}"`, { remedy });
  },
};

async function list({ client, io, options }: Call): Promise<number> {
  const answer = await client.get('/audit/sinks');
  const all = objects(part(answer, 'sinks'));
  show(io, options.json, answer, () => table(['sink', 'type', 'state', 'has up to', 'behind', 'parked', 'last error'], all.map(cells)));
  return all.every((one) => one['state'] === 'ok') ? 0 : 1;
}

function cells(sink: JsonObject): readonly string[] {
  const error = text(sink['error']);
  const behind = number(sink['lagRecords']) === 0 ? '' : `${number(sink['lagRecords'])} records, ${span(number(sink['lagMs']))}`;
  return [
    text(sink['name']), text(sink['type']), `${text(sink['state'])}${sink['failClosed'] === true ? ' (fail-closed)' : ''}`,
    number(sink['position']) < 0 ? 'nothing' : String(number(sink['position'])), behind, String(number(sink['parked'])),
    error === '' ? '' : `${error} (${time(number(sink['errorAt']))})`,
  ];
}

async function test({ client, io, options }: Call, name: string): Promise<number> {
  const answer = await client.send('POST', `/audit/sinks/${encodeURIComponent(name)}/test`, {});
  const isOk = part(answer, 'ok') === true;
  show(io, options.json, answer, () => (isOk
    ? `${plain(name)} took a record in ${span(number(part(answer, 'latencyMs')))}.\n`
    : `${plain(name)} took no record: ${plain(text(part(answer, 'error')))}\n`));
  return isOk ? 0 : 1;
}

async function replay({ client, io, options }: Call, name: string): Promise<number> {
  const [from, since] = [options.text('from'), options.text('since')];
  const spanMs = since === undefined ? undefined : readSpan(since);
  if ((from === undefined) === (since === undefined) || (since !== undefined && spanMs === undefined) || (from !== undefined && !/^\d{1,15}$/.test(from))) {
    throw new SallyportError('ERR_USAGE', 'say from where: --from POSITION, or --since 1h', { remedy: 'Positions are in `sallyport audit query`.' });
  }
  const start = from === undefined ? { since: Date.now() - (spanMs ?? 0) } : { from: Number(from) };
  const answer = await client.send('POST', `/audit/sinks/${encodeURIComponent(name)}/replay`, start);
  show(io, options.json, answer, () => `${plain(name)} is sent everything from position ${number(part(answer, 'from'))} on, again.\n`);
  return 0;
}
