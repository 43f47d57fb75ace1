import type { Json, JsonObject } from '../../domain/json.ts';
import type { Inject, Pack } from '../../exercise/pack.ts';
import { runDrill } from '../../roles/drill/drill.ts';
import type { Drilled } from '../../roles/drill/drill.ts';
import { usageError } from '../arguments.ts';
import type { Io } from '../command.ts';
import { show } from '../command.ts';
import { part, text } from '../json-view.ts';
import { readConfiguration } from '../redteam/run.ts';
import { stoppable } from '../stoppable.ts';
import { plain, readSpan } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { packOf } from './packs.ts';
import { describeScore } from './view.ts';

const USAGE = `run PACK|FILE.yaml --live [--pace 60s] [--shipped | -f sallyport.yaml] [--with ANN,BEN] [--unreported]
exercise run PACK|FILE.yaml --paper [--with ANN,BEN]
    --live: its events really happen, at a gate of its own made of the configuration in force; --pace: how long a minute of the pack lasts;
    --paper: the facilitator reads the printed pack, and says afterwards what was done: exercise score`;

export const run: Verb = {
  usage: USAGE,
  options: {
    live: { type: 'boolean' }, paper: { type: 'boolean' }, pace: { type: 'string' }, shipped: { type: 'boolean' }, file: { type: 'string', short: 'f' },
    with: { type: 'string' }, unreported: { type: 'boolean' },
  },
  run: async (call) => {
    const { options, io, need } = call;
    const pack = await packOf(need(0, 'the pack'));
    if (options.flag('live') === options.flag('paper')) throw usageError({ usage: `exercise ${USAGE}` }, 'say how: --live or --paper');
    if (options.flag('paper')) {
      const id = await begin(call, pack, 'paper');
      show(io, options.json, { id }, () => `Exercise ${id} has begun. Afterwards: sallyport exercise score ${id} --met … --late …\n`);
      return 0;
    }
    const minuteMs = readSpan(options.text('pace') ?? '60s');
    if (minuteMs === undefined) throw usageError({ usage: `exercise ${USAGE}` }, '--pace is no time span');
    const id = options.flag('unreported') ? undefined : await begin(call, pack, 'live');
    const again = id === undefined ? 'Start it anew.' : `Start another one; what was done so far is scored by hand: sallyport exercise score ${id} --met …`;
    const drilled = await stoppable(io, drill(call, pack, minuteMs), again);
    if (id !== undefined) await call.client.send('POST', `/exercises/${id}/score`, scoreBody(drilled));
    const { score, harm } = drilled;
    const shown: Json = JSON.parse(JSON.stringify({ ...(id !== undefined && { id }), score, harm }));
    show(io, options.json, shown, () => `${describeScore(score, harm)}${id === undefined ? '' : `Exercise ${id}: sallyport exercise report ${id}\n`}`);
    return 0;
  },
};

async function begin({ client, options }: Call, { id, version, title, kind }: Pack, mode: string): Promise<string> {
  const participants = (options.text('with') ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  return text(part(await client.send('POST', '/exercises', { pack: { id, version, title, kind }, mode, participants }), 'id'));
}

function scoreBody({ score, harm }: Drilled): JsonObject {
  return JSON.parse(JSON.stringify({ score, harm }));
}

/** People act with the command line as always, at the home of the exercise's gate. */
async function drill(call: Call, pack: Pack, minuteMs: number): Promise<Drilled> {
  const { io } = call;
  const { configuration } = await readConfiguration(call);
  io.note(`${plain(pack.title)}: the gate of the exercise starts.`);
  return runDrill({
    pack, minuteMs, signal: io.signal, ...(configuration === undefined ? {} : { configuration }),
    onOpen: ({ home, isolated }) => {
      io.note(`Act there, and nowhere else: export SALLYPORT_HOME=${home}`);
      io.note('See: sallyport incident list. Contain: sallyport incident contain. Every act counts from its inject on.');
      if (!isolated) io.note('This machine could not give it a network of its own: only its configuration keeps it in.');
    },
    onInject: (inject) => tell(io, inject),
  });
}

function tell(io: Io, { at, title, text: said }: Inject): void {
  io.note(`\n── minute ${at}: ${plain(title)}`);
  io.note(plain(said));
}
