import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Killed } from '../../domain/snapshot.ts';
import type { Rows } from '../../store/store.ts';
import type { By, Control } from '../control.ts';
import { KILL } from './schema.ts';
import type { Kill, KillRequest } from './schema.ts';

const ID = 'kill';
const OFF: Kill = { all: false, agents: [], servers: [], principals: [], tools: [], contexts: [] };

/** Where each kind of switch is kept. */
const KEPT = { agent: 'agents', server: 'servers', principal: 'principals', tool: 'tools', context: 'contexts' } as const;

/** The switches of one space, by bare names. */
export async function readSpaceKill(rows: Rows, space: string): Promise<Kill> {
  const row = await rows.get('setting', space, ID);
  return row === undefined ? OFF : KILL.parse(row.body);
}

/** All spaces' switches as a lease carries them, each as `<space>/<id>`. Only the default space's `all` counts. */
export async function readKill(rows: Rows): Promise<Killed> {
  const all = (await rows.list('setting')).filter((row) => row.id === ID);
  const read = all.map((row) => ({ space: row.space, kill: KILL.parse(row.body) }));
  const named = (kept: (typeof KEPT)[keyof typeof KEPT]): readonly string[] => read.flatMap(({ space, kill }) => kill[kept].map((name) => `${space}/${name}`));
  return {
    all: read.some(({ space, kill }) => space === DEFAULT_SPACE && kill.all),
    agents: named('agents'), principals: named('principals'), servers: named('servers'), tools: named('tools'), contexts: named('contexts'),
  };
}

/** Turns one switch, for every gateway at once. */
export async function turnSwitch(control: Control, by: By, request: KillRequest): Promise<Kill> {
  const id = request.target === 'all' ? 'all' : `${request.target} ${request.name}`;
  const what = { resource: 'kill', id, verb: request.on ? 'on' : 'off', detail: { reason: request.reason } };
  return control.change(by, what, async (rows) => {
    const next = turned(await readSpaceKill(rows, by.space), request);
    await rows.put('setting', by.space, ID, next, { by: by.admin.id });
    return next;
  });
}

function turned(kill: Kill, request: KillRequest): Kill {
  if (request.target === 'all') return { ...kill, all: request.on };
  const kept = KEPT[request.target];
  const others = kill[kept].filter((name) => name !== request.name);
  return { ...kill, [kept]: request.on ? [...others, request.name].sort() : others };
}
