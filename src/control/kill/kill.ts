import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { KILL } from './schema.ts';
import type { Kill } from './schema.ts';

const ID = 'kill';
const OFF: Kill = { all: false, agents: [], servers: [] };

/** The switches of one space, by bare names. */
export async function readSpaceKill(rows: Rows, space: string): Promise<Kill> {
  const row = await rows.get('setting', space, ID);
  return row === undefined ? OFF : KILL.parse(row.body);
}

export async function writeSpaceKill(rows: Rows, space: string, kill: Kill, by: string): Promise<void> {
  await rows.put('setting', space, ID, kill, { by });
}

/** All spaces' switches as a lease carries them: agents and servers as `<space>/<id>`. Only the default space's `all` counts. */
export async function readKill(rows: Rows): Promise<Kill> {
  const all = (await rows.list('setting')).filter((row) => row.id === ID);
  const read = all.map((row) => ({ space: row.space, kill: KILL.parse(row.body) }));
  return {
    all: read.some(({ space, kill }) => space === DEFAULT_SPACE && kill.all),
    agents: read.flatMap(({ space, kill }) => kill.agents.map((name) => `${space}/${name}`)),
    servers: read.flatMap(({ space, kill }) => kill.servers.map((name) => `${space}/${name}`)),
  };
}
