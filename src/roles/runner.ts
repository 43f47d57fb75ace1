import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createJournal } from '../audit/journal.ts';
import { toRecord, type Happening } from '../domain/happening.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Journal } from '../domain/record.ts';
import type { Link } from '../link/connect.ts';
import type { Handler } from '../link/handler.ts';
import { ensureRoleKey, readPeerKey } from '../link/keys.ts';
import { serveLink } from '../link/serve.ts';
import { createPackageFinder } from '../packages/verify.ts';
import { readPackageCommand } from '../registry/packages.ts';
import { cgroupsInJail, makeCgroups, removeCgroups } from '../sandbox/cgroup-folders.ts';
import { openCgroups } from '../sandbox/cgroups.ts';
import { probeJails } from '../sandbox/jail/probe.ts';
import { createProcessTable } from '../sandbox/processes.ts';
import type { ProcessRequest, ProcessTable } from '../sandbox/processes.ts';
import { readKey, readObject, readProcessRequest, text } from '../sandbox/request.ts';
import { askPython } from '../sandbox/python.ts';
import { searchPathOf } from '../sandbox/tools.ts';
import { countRecords } from '../telemetry/count-records.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { openFleet, type FleetOptions } from './fleet.ts';
import { createLinkRefusals } from './link-refusals.ts';
import { createWays } from './runner-ways.ts';
import { createMetricsPlace, metricsHandler } from './telemetry.ts';
import { checkOwnFiles } from './own-files.ts';

export interface Runner {
  /** Stops every local server, then listens no more. */
  close(): Promise<void>;
}

/** The runner in this process: starts local servers for the gateway, each in its sandbox, and passes their messages, nothing else. */
export async function startRunner({ home, fleet: options = {} }: { readonly home: string; readonly fleet?: FleetOptions }): Promise<Runner> {
  checkOwnFiles(home, 'runner');
  ensureRoleKey(home, 'runner');
  const folder = join(home, 'runner');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const node = options.node ?? 'runner';
  const fleet = openFleet(home, 'runner', options, (line) => console.error(`runner: ${line}`));
  await fleet.joined;
  const links = { ledger: fleet.link('ledger'), control: fleet.link('control') };
  const kept = createJournal(links.ledger, { node, incarnation: Bun.randomUUIDv7(), seenFile: join(folder, `seen-${node}.json`) });
  const metrics = createMetrics('runner', node);
  const journal = countRecords(kept, metrics);
  const support = await probeJails();
  const shown = cgroupsInJail();
  const groups = shown.length > 0 ? shown : makeCgroups(home);
  const cgroups = openCgroups(groups);
  if (support.kind === 'none') console.error(`runner: local servers have no sandbox on this machine: ${support.why}; ${support.remedy}`);
  const ways = createWays(home);
  const searchPath = searchPathOf(process.env['PATH'], join(import.meta.dir, '..', '..', 'node_modules', '.bin'));
  const packages = createPackageFinder(join(home, 'packages'));
  const processes = createProcessTable({
    home, folder, support, searchPath,
    findPackage: (pin) => packages.find(pin),
    record: (happening) => append(journal, node, happening),
    onCrashes: (server) => quarantine(links.control, server),
    openWay: (request) => ways.open(request, request.launch.sandbox.network),
    ...(cgroups === undefined ? {} : { cgroups }),
  });
  metrics.read('sallyport_runner_processes', () => processes.status().length);
  metrics.read('sallyport_journal_backlog_records', () => journal.waiting);
  const place = createMetricsPlace({ home, role: 'runner', node, metrics });
  const python: Handler = { call: () => askPython(searchPath) };
  const refusals = createLinkRefusals(journal, node);
  const read = (body: Json): ProcessRequest => {
    try {
      return readProcessRequest(body, readPeerKey(home, 'control'));
    } catch (fault) {
      // A program that control never approved: whoever asks for that is no gateway of ours any more.
      if (fault instanceof SallyportError) refusals.onRefused({ code: fault.code, role: 'gateway', verb: 'runner.open' });
      throw fault;
    }
  };
  const handlers = { ...handlersOf(processes, read), 'runner.python': python, 'runner.telemetry': metricsHandler(place) };
  const link = await serveLink({ home, self: 'runner', handlers, onRefused: refusals.onRefused });
  fleet.serve(link);
  return {
    async close() {
      place.close();
      await processes.shutdown();
      ways.close();
      removeCgroups(groups);
      fleet.close();
      await link.close();
      await refusals.close();
      kept.close();
      for (const one of Object.values(links)) one.close();
    },
  };
}

async function quarantine(control: Link, server: { readonly space: string; readonly server: string }): Promise<void> {
  try {
    await control.call('control.server-crashing', { ...server });
  } catch (fault) {
    console.error(`runner: ${server.server} crashes on start and could not be put into quarantine: ${fault instanceof Error ? fault.message : ''}`);
    throw fault;
  }
}

async function append(journal: Journal, node: string, happening: Happening): Promise<void> {
  const id = Bun.randomUUIDv7();
  await journal.append(toRecord({ id, at: Date.now(), node, exchange: id, ...happening }));
}

/** Nothing is fetched when a server starts: what would be is refused, however it came to be approved (invariant 9). */
function withoutFetching(request: ProcessRequest): ProcessRequest {
  const { command, args, package: pin } = request.launch;
  if (pin !== undefined || readPackageCommand([command, ...args]) === undefined) return request;
  throw new SallyportError('ERR_PACKAGE_MISSING', 'The server would be fetched when it starts.', {
    remedy: `Pin its package: sallyport server upgrade ${request.server}`, dispatched: false,
  });
}

function handlersOf(processes: ProcessTable, read: (body: Json) => ProcessRequest): Readonly<Record<string, Handler>> {
  return {
    'runner.open': { stream: (body, caller, signal) => processes.open(withoutFetching(read(body)), caller, signal) },
    'runner.send': {
      call: async (body, caller) => {
        const { key, line } = readObject(body, new Set(['key', 'line']));
        await processes.send(readKey(key), text(line, 'line'), caller);
        return null;
      },
    },
    'runner.close': {
      call: async (body, caller) => {
        await processes.close(readKey(readObject(body, new Set(['key']))['key']), caller);
        return null;
      },
    },
    'runner.status': { call: () => processes.status().map((status): Json => ({ ...status })) },
  };
}
