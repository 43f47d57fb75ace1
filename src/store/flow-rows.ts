import type { Database, Statements } from './database.ts';
import type { FlowEntries } from './store.ts';

const OF = 'WHERE space = $1 AND context = $2';

/** Entries are many and concern nobody but who asks for their context: writing one is no change that anybody is told of. */
export function flowRowsOf(read: Statements['run'], transaction: Database['transaction']): FlowEntries {
  return {
    after: async (space, context, generation, position, max) => {
      const found = await read(
        `SELECT position, body FROM flow_entry ${OF} AND generation = $3 AND position > $4 ORDER BY position LIMIT $5`,
        [space, context, generation, position, max]);
      return found.map((row) => ({ position: Number(row['position']), body: String(row['body']) }));
    },
    append: (space, context, generation, body) => transaction(async ({ run }) => {
      const position = (await lastOf(run, space, context, generation)) + 1;
      await run('INSERT INTO flow_entry (space, context, generation, position, body) VALUES ($1, $2, $3, $4, $5)',
        [space, context, generation, position, body]);
      return position;
    }),
    clear: (space, context) => transaction(async ({ run }) => void (await run(`DELETE FROM flow_entry ${OF}`, [space, context]))),
  };
}

async function lastOf(run: Statements['run'], space: string, context: string, generation: number): Promise<number> {
  const [row] = await run(`SELECT max(position) AS position FROM flow_entry ${OF} AND generation = $3`, [space, context, generation]);
  return Number(row?.['position'] ?? 0);
}
