import { isObject } from '../../domain/json.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

const SHOWN_MAX = 4;

export const trends: Verb = {
  usage: 'trends [--days 30]',
  options: { days: { type: 'string' } },
  run: async ({ client, io, options }) => {
    const answer = await client.get('/findings/trends', { days: options.text('days') });
    show(io, options.json, answer, () => table(['day', ...SEVERITIES.toReversed(), 'while suppressed', 'most by'], objects(part(answer, 'days')).map((day) => {
      const detectors = Object.entries(isObject(day['detectors']) ? day['detectors'] : {}).toSorted(([, one], [, other]) => number(other) - number(one));
      return [
        text(day['day']), ...SEVERITIES.toReversed().map((severity) => number(part(day, 'severities', severity))), number(day['silenced']),
        detectors.slice(0, SHOWN_MAX).map(([name, count]) => `${name} ${text(count)}`).join(', '),
      ];
    })));
    return 0;
  },
};
