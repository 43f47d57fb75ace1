import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { sinceOf } from '../audit/query.ts';
import { errorOf } from '../client.ts';
import { number, part, text } from '../json-view.ts';
import { withProgress } from '../progress.ts';
import { time } from '../terminal.ts';
import type { Call } from '../verbs.ts';

/** Which records: a span back from now, and what they must be of. */
export function windowOf({ options, needText }: Call): JsonObject {
  const exact = ['agent', 'server', 'tool', 'principal', 'reason'].flatMap((name) => {
    const given = options.text(name);
    return given === undefined ? [] : [[name, given] as const];
  });
  const until = sinceOf(options.text('until'));
  return { since: sinceOf(needText('since')) ?? 0, ...(until === undefined ? {} : { until }), ...Object.fromEntries(exact) };
}

/** The last thing that is said is the report; until then how far it has come. */
export async function reportOf({ client, io }: Call, path: string, body: JsonObject): Promise<Json> {
  let done = 'reading what was decided';
  const report = await withProgress(io, () => done, async () => {
    for await (const line of client.follow(path, body)) {
      const progress = part(line, 'progress');
      if (isObject(progress)) done = `${text(progress['decisions'])} decisions, up to ${time(number(progress['at']))}`;
      const failed = part(line, 'failed');
      if (failed !== undefined) throw errorOf(failed, 200);
      const found = part(line, 'report');
      if (found !== undefined) return found;
    }
    return undefined;
  });
  if (report !== undefined) return report;
  throw new SallyportError('ERR_INTERNAL', 'control ended before it was done', { remedy: 'Ask again, perhaps for less time.' });
}
