import type { Verb } from '../verbs.ts';
import { FIELDS, FILTER, line, readFilter } from './filter.ts';

export const tail: Verb = {
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
