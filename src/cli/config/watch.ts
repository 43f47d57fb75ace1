import { Copies } from '../../client-files/watch/copies.ts';
import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { LIMITS } from '../../domain/limits.ts';
import { controlClient } from '../client.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { readSpan, table, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { hasGate } from './file-acts.ts';
import { SCOPE_OPTIONS, SCOPE_USAGE, watchedOf } from './watched.ts';
import { Blocking, Killing, Reverting, WATCH_ACTIONS } from './watch-actions.ts';
import { ReportPace, WatchReports } from './watch-reports.ts';
import { approvedOrTold, follow, once } from './watch-run.ts';
import type { Orders, Watch } from './watch-run.ts';

const LAST_WORDS_MS = 10_000;

export const watch: Verb = {
  usage: `watch ${SCOPE_USAGE} [--do notify,revert,block,kill] [--from SEVERITY] [--agent NAME] [--every 60s] [--once] | watch --list`,
  options: {
    ...SCOPE_OPTIONS, do: { type: 'string' }, from: { type: 'string' }, agent: { type: 'string' }, every: { type: 'string' }, once: { type: 'boolean' },
    list: { type: 'boolean' },
  },
  run: async (asked) => {
    if (asked.options.flag('list')) return list(asked);
    const orders = ordersOf(asked);
    const call = { ...asked, client: lasting(asked) };
    const watched = await watchedOf(call);
    const reports = await WatchReports.open(call.client, call.io, watched.store.folder);
    const approved = await approvedOrTold(call, watched, reports);
    const copies = await Copies.at(watched.store.folder);
    const parts: Watch = {
      call, watched, orders, reports, copies, reverting: new Reverting(copies), killing: new Killing(), blocking: new Blocking(),
      pace: new ReportPace(), followUps: new Set(), doing: new Set(),
    };
    if (!hasGate(call.client)) call.io.note('No gate is set up here: what is seen is shown, and recorded nowhere.');
    else if (!approved.isConfirmed) call.io.note('Control is away: what was signed here is watched without its word, and it is told later.');
    return call.options.flag('once') ? once(parts, approved) : follow(parts, approved);
  },
};

/** Told to end, a watcher still tells that it does: its questions to control go on for a while. */
function lasting({ options, io }: Call): Call['client'] {
  const late = new AbortController();
  io.signal.addEventListener('abort', () => void setTimeout(() => late.abort(), LAST_WORDS_MS).unref(), { once: true });
  const client = controlClient(options, { ...io, signal: late.signal });
  // A gate that was there when it began is there until it ends: whoever takes its token away makes no machine without one.
  return hasGate(client) ? { ...client, control: client.control ?? client.home } : client;
}

function ordersOf({ options }: Call): Orders {
  const named = (options.text('do') ?? '').split(',').filter((one) => one !== '');
  const actions = WATCH_ACTIONS.filter((one) => named.includes(one));
  const from = SEVERITIES.find((one) => one === (options.text('from') ?? 'high'));
  const everyMs = readSpan(options.text('every') ?? `${LIMITS.watchEveryMs / 1000}s`);
  const agent = options.text('agent');
  const wrong = actions.length !== named.length ? `--do takes ${WATCH_ACTIONS.join(', ')}`
    : from === undefined ? `--from takes ${SEVERITIES.join(', ')}`
      : everyMs === undefined || everyMs < 1_000 ? '--every takes a span of a second or more'
        : actions.includes('block') && agent === undefined ? '--do block takes the --agent whose calls stop at the gate' : undefined;
  if (wrong === undefined && from !== undefined && everyMs !== undefined) return { actions, from, agent, everyMs };
  throw new SallyportError('ERR_USAGE', wrong ?? 'the orders can\'t be read', {
    remedy: 'For instance: sallyport config watch --do notify,revert --from high --every 60s',
  });
}

/** Who watches which hosts, and who went silent; that is an exit code of 1. */
async function list({ client, io, options }: Call): Promise<number> {
  const answer = await client.get('/file-watches');
  const watches = objects(part(answer, 'watches'));
  show(io, options.json, answer, () => `${table(['host', 'place', 'state', 'heard', 'by'], watches.map((one) => [
    text(one['host']), text(one['place']), text(one['state']), time(number(one['seenAt'])), text(one['principal']),
  ]))}${table(['host', 'place', 'baseline', 'files', 'approved', 'by'], objects(part(answer, 'baselines')).map((one) => [
    text(one['host']), text(one['place']), text(one['number']), text(one['files']), time(number(one['at'])), text(one['by']),
  ]))}`);
  return watches.some((one) => one['state'] === 'silent') ? 1 : 0;
}
