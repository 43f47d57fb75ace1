import { homedir, hostname } from 'node:os';
import { gather, reportsOf } from '../../discover/reports.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { pause } from '../../roles/pause.ts';
import { usageError } from '../arguments.ts';
import { jsonText } from '../command.ts';
import { hasGate } from '../config/file-acts.ts';
import { text } from '../json-view.ts';
import { currentKnowledge } from '../knowledge/current.ts';
import { plain, readSpan, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { differencesBetween, inventoryOf } from './differences.ts';
import type { Difference } from './differences.ts';
import { namedFolders } from './folders.ts';
import { HOST_SENSORS, lookAtHost } from './host.ts';
import { describeUnseen, seenHere } from './show.ts';

const EVERY_MS = 60_000;

export const watch: Verb = {
  usage: `watch [FOLDER...] [--every 60s] [--json]
    looks at this host again and again, and says what is another than before, a line each; on other hosts: sallyport sensor`,
  options: { every: { type: 'string' } },
  run: async (call) => {
    const { io, options } = call;
    const given = options.text('every');
    const everyMs = given === undefined ? EVERY_MS : readSpan(given);
    if (everyMs === undefined || everyMs < LIMITS.sensorBeatMsMin || everyMs > LIMITS.sensorBeatMsMax) {
      throw usageError({ usage: `discover ${watch.usage}` }, '--every is a time span from 1s to 60min');
    }
    const hasInventory = hasGate(call.client);
    if (!hasInventory) io.note('No gate was asked: which of these are sanctioned is not known, and nothing is kept.');
    let before = hasInventory ? await inventoryOf(call.client) : undefined;
    const unseen = new Set<string>();
    while (!io.signal.aborted) {
      const since = Date.now();
      const now = await lookOnce(call, hasInventory, unseen);
      if (io.signal.aborted) break;
      // Without an inventory the first look is what the later ones are compared with.
      for (const difference of before === undefined ? [] : differencesBetween(before, now)) say(call, difference);
      before = now;
      await pause(Math.max(0, everyMs - (Date.now() - since)), io.signal);
    }
    return 0;
  },
};

/** The inventory after one more look: control's where there is one, else of this look alone. */
async function lookOnce(call: Call, hasInventory: boolean, unseen: Set<string>): Promise<readonly JsonObject[]> {
  const { client, io, options } = call;
  const since = Date.now();
  const knowledge = await currentKnowledge(client);
  const seen = await gather(lookAtHost({
    root: '/', machine: hostname(), env: io.env, ownHome: io.env['HOME'] ?? homedir(), projects: namedFolders(options.positionals, io.cwd),
    isFoldersOnly: false, isFilesOnly: false, signal: io.signal,
    advisoriesFor: knowledge.affectedBy,
  }), io.signal);
  for (const line of describeUnseen(seen.unseen)) if (!unseen.has(line)) io.note(line);
  for (const line of describeUnseen(seen.unseen)) unseen.add(line);
  if (!hasInventory) return JSON.parse(JSON.stringify(seenHere(seen).assets));
  if (io.signal.aborted) return [];
  // Of more than one look may see what it saw is told: whoever fills a host must not keep the rest from being heard of.
  const reports = reportsOf(seen, { sensors: HOST_SENSORS, host: hostname(), since });
  for (const report of reports) await client.send('POST', '/inventory/observations', report);
  return inventoryOf(client);
}

function say({ io, options }: Call, difference: Difference): void {
  const { was, is, asset } = difference;
  const line: JsonObject = JSON.parse(JSON.stringify({ at: Date.now(), ...difference }));
  if (options.json) io.out(`${jsonText(line)}\n`);
  else {
    const named = `${plain(text(asset['name']))}  ${plain(text(asset['id']))}`;
    io.out(`${time(Date.now())}  ${is ?? 'part of another, or forgotten'}  ${named}  (was ${was ?? 'not there'})\n`);
  }
}
