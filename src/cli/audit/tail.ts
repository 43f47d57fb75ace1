import { jsonText } from '../command.ts';
import type { Verb } from '../verbs.ts';
import { FIELDS, FILTER, line, readFilter } from './filter.ts';
import { revealed } from './reveal.ts';

export const tail: Verb = {
  usage: `tail [--reveal --reason WHY] ${FIELDS.map((name) => `[--${name} VALUE]`).join(' ')}`,
  options: { ...FILTER, reveal: { type: 'boolean' }, reason: { type: 'string' } },
  run: async (call) => {
    const { client, io, options } = call;
    const wanted = { ...readFilter(call), ...(await revealed(call)) };
    try {
      for await (const record of client.stream('/audit/tail', wanted)) io.out(`${options.json ? jsonText(record) : line(record)}\n`);
    } catch (error) {
      if (!io.signal.aborted) throw error;
    }
    return 0;
  },
};
