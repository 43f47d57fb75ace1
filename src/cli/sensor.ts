import { homedir, hostname } from 'node:os';
import type { Looked } from '../domain/observation.ts';
import { LIMITS } from '../domain/limits.ts';
import { startSensor } from '../roles/sensor.ts';
import { usageError } from './arguments.ts';
import type { Command } from './command.ts';
import { namedFolders } from './discover/folders.ts';
import { HOST_SENSORS, lookAtHost } from './discover/host.ts';
import { currentKnowledge } from './knowledge/current.ts';
import { readJoin } from './role.ts';
import { plain, readSpan } from './terminal.ts';
import { callOf } from './verbs.ts';
import type { Call } from './verbs.ts';

const EVERY_MS = 5 * 60_000;
const OPTIONS = { node: { type: 'string' }, join: { type: 'string' }, every: { type: 'string' } } as const;

export const command: Command = {
  name: 'sensor',
  summary: 'Look at this host again and again, and tell the gate what goes around it',
  usage: `sensor --node NAME [--join FILE|-] [--every 5min] [FOLDER...]
    once: sallyport link token --role sensor --node NAME at the gate, and here --join with what it prints`,
  async run(args, io) {
    const call = callOf(command, args, OPTIONS, io);
    const { options, client } = call;
    const node = call.needText('node');
    const everyMs = readSpan(options.text('every') ?? '') ?? (options.text('every') === undefined ? EVERY_MS : 0);
    if (everyMs < LIMITS.sensorBeatMsMin || everyMs > LIMITS.sensorBeatMsMax) throw usageError(command, '--every is a time span from 1s to 60min');
    const file = options.text('join');
    const join = file === undefined ? undefined : await readJoin(file);
    const sensor = await startSensor({
      home: client.home, node, everyMs, report: (line) => io.note(`sensor: ${plain(line)}`), ...(join === undefined ? {} : { join }),
      looks: [{ sensors: HOST_SENSORS, start: (signal) => looking(call, signal) }],
    });
    io.note(`sensor ${plain(node)} looks at ${plain(hostname())}`);
    const stopped = Promise.withResolvers<void>();
    io.signal.addEventListener('abort', () => stopped.resolve(), { once: true });
    if (io.signal.aborted) stopped.resolve();
    await stopped.promise;
    await sensor.close();
    return 0;
  },
};

async function* looking({ options, client, io }: Call, signal: AbortSignal): Looked {
  const knowledge = await currentKnowledge(client);
  yield* lookAtHost({
    root: '/', machine: hostname(), env: io.env, ownHome: io.env['HOME'] ?? homedir(), projects: namedFolders(options.positionals, io.cwd),
    isFoldersOnly: false, isFilesOnly: false, signal,
    advisoriesFor: knowledge.affectedBy,
  });
}
