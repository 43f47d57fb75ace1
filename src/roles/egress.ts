import { mkdirSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createFloods, type Floods } from '../audit/floods.ts';
import { createJournal } from '../audit/journal.ts';
import { SallyportError } from '../domain/errors.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Journal } from '../domain/record.ts';
import { openDoor, type Door } from '../egress/door.ts';
import { permit, type ServerName } from '../egress/permission.ts';
import { createResolver } from '../egress/resolve.ts';
import { createTeller } from '../egress/teller.ts';
import { createEgressTrail } from '../egress/trail.ts';
import type { InForceKeeper } from '../gateway/in-force.ts';
import type { Handler } from '../link/handler.ts';
import { ensureRoleKey } from '../link/keys.ts';
import { serveLink } from '../link/serve.ts';
import { countRecords } from '../telemetry/count-records.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { refusalOf } from '../upstream/address-class.ts';
import { openFleet, type FleetOptions } from './fleet.ts';
import { openFloor, ownRecord } from './floor.ts';
import { openInForce, recordRecovery, watchControl } from './gateway-control.ts';
import { waysOf } from './runner-ways.ts';
import { createLinkRefusals } from './link-refusals.ts';
import { createMetricsPlace, leaseReadings } from './telemetry.ts';
import { checkOwnFiles } from './own-files.ts';

export interface Egress {
  /** Ends every connection, and says how each ended. */
  close(): Promise<void>;
}

const SWEEP_MS = 1_000;
const FLOODS_MAX = 1_000;

const ADMISSION = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/), ticket: z.string().regex(/^[\w-]{43}$/), space: z.string().min(1).max(200), server: z.string().min(1).max(200),
});
const DISMISSAL = ADMISSION.pick({ id: true });

/**
 * The egress in this process: the one way from local servers to the network. What each may reach it takes from what control
 * signed, as a gateway does, and never from who asks (docs/decisions/0019-egress.md).
 */
export async function startEgress({ home, fleet: options = {} }: { readonly home: string; readonly fleet?: FleetOptions }): Promise<Egress> {
  checkOwnFiles(home, 'egress');
  ensureRoleKey(home, 'egress');
  const folder = join(home, 'egress');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ending = new AbortController();
  const node = options.node ?? 'egress';
  const fleet = openFleet(home, 'egress', options, (line) => console.error(`egress: ${line}`));
  await fleet.joined;
  const links = { control: fleet.link('control'), ledger: fleet.link('ledger') };
  const floor = openFloor(home, join(folder, 'egress.version'));
  const seenFile = join(folder, 'seen-egress.json');
  const kept = createJournal(links.ledger, { node, incarnation: Bun.randomUUIDv7(), seenFile, leave: floor.leave });
  const metrics = createMetrics('egress', node);
  const journal = countRecords(kept, metrics);
  const inForce = openInForce(home, floor);
  const { refused, settle } = recordRecovery(journal, node, floor, ending.signal);
  const floods = createServerFloods(journal, node);
  const door = openDoor({
    folder: waysOf(home), now: Date.now,
    permit: (server, host, port) => permit(inForce.current(Date.now()), server, host, port),
    resolver: createResolver({ lookup: resolveAll, refusalOf: (address, within) => refusalOf(address, allowing(within)) }),
    trail: createEgressTrail({
      journal, node, floodsOf: (server) => floods.of(server), tell: createTeller((refusal) => links.control.call('control.connection-refused', { ...refusal })),
    }),
  });
  const place = createMetricsPlace({ home, role: 'egress', node, metrics });
  const stops = [inForce.onChange(settle), inForce.onChange(() => void place.configure(inForce.snapshot?.telemetry?.metrics)), ...endingBy(inForce, door)];
  leaseReadings(metrics, () => inForce.lease, () => inForce.snapshot?.version);
  metrics.read('sallyport_journal_backlog_records', () => journal.waiting);
  metrics.read('sallyport_egress_connections', () => door.connections);
  metrics.read('sallyport_egress_processes', () => door.processes);
  const refusals = createLinkRefusals(journal, node);
  const link = await serveLink({ home, self: 'egress', handlers: handlersOf(door), onRefused: refusals.onRefused });
  void watchControl({ control: links.control, inForce, floor, refused, signal: ending.signal }, {});
  // What an earlier one left open ended with it; nobody waits for this: nothing is carried before the ledger takes records anyway.
  void journal.append(ownRecord(node, { event: 'role.started', space: DEFAULT_SPACE, detail: { pid: process.pid } })).catch(() => undefined);
  return {
    async close() {
      ending.abort();
      for (const stop of stops) stop();
      await link.close();
      await door.close();
      await floods.close();
      await refusals.close();
      fleet.close();
      place.close();
      kept.close();
      for (const one of Object.values(links)) one.close();
    },
  };
}

/** A kill switch, a changed allow-list, a lease that ran out: what it ends, it ends at once. */
function endingBy(inForce: InForceKeeper, door: Door): readonly (() => void)[] {
  const timer = setInterval(() => door.sweep(), SWEEP_MS);
  return [() => clearInterval(timer), inForce.onChange(() => door.sweep()), inForce.onLease(() => door.sweep())];
}

function handlersOf(door: Door): Readonly<Record<string, Handler>> {
  return {
    'egress.admit': {
      call: async (body) => {
        await door.admit(read(ADMISSION, body));
        return {};
      },
    },
    'egress.dismiss': {
      call: (body) => {
        door.dismiss(read(DISMISSAL, body).id);
        return {};
      },
    },
  };
}

function read<T>(shape: z.ZodType<T>, body: unknown): T {
  const { data, success } = shape.safeParse(body, { reportInput: false });
  if (!success) throw new SallyportError('ERR_REQUEST_INVALID', 'that is not how a process is announced');
  return data;
}

/** Only the network that the entry names: nothing else makes an address of this machine or its networks one that a server may reach. */
function allowing(within: string | undefined): Parameters<typeof refusalOf>[1] {
  return { internal: within === undefined ? [] : [within], isInternalName: false, allowPrivate: false };
}

async function resolveAll(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true, verbatim: true })).map((entry) => entry.address);
}

/** Refusals of one server use up nothing of another's. */
function createServerFloods(journal: Journal, node: string): { of(server: ServerName): Floods; close(): Promise<void> } {
  const known = new Map<string, Floods>();
  return {
    of({ space, server }) {
      // Names are the runner's to say: past the limit they share one count.
      const isTooMany = known.size >= FLOODS_MAX && !known.has(`${space}/${server}`);
      const key = isTooMany ? '' : `${space}/${server}`;
      const floods = known.get(key) ?? createFloods(journal, isTooMany ? { node, space: DEFAULT_SPACE } : { node, space, server });
      known.set(key, floods);
      return floods;
    },
    async close() {
      for (const each of known.values()) await each.close().catch(() => undefined);
    },
  };
}
