import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';
import type { GateRole } from '../domain/role.ts';
import type { Lease } from '../domain/snapshot.ts';
import type { TelemetrySettings } from '../domain/telemetry.ts';
import type { Handler } from '../link/handler.ts';
import { ensurePlace, listenerOf, placeOf } from '../link/place.ts';
import { openMetricsDoor, type MetricsDoor, type MetricsDoorOptions } from '../telemetry/listen.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** Where each role's metrics are: ports in a row, so that one line of the settings says it for all. */
const PORT_AFTER: Readonly<Record<GateRole, number>> = { gateway: 0, control: 1, ledger: 2, runner: 3, egress: 4 };
const LOOPBACK = '127.0.0.1';

/** The listener for Prometheus of one role, which comes, moves and goes with the settings. */
export interface MetricsPlace {
  configure(metrics: TelemetrySettings['metrics']): Promise<void>;
  close(): void;
}

export interface MetricsPlaceOptions {
  readonly home: string;
  readonly role: GateRole;
  readonly node: string;
  readonly metrics: Metrics;
  /** Beyond loopback; a role that can't get a certificate serves loopback alone. */
  readonly certify?: (hostname: string) => Promise<NonNullable<MetricsDoorOptions['tls']>>;
}

/** A place that can't be had is reported and left: nothing else of the role depends on it. */
export function createMetricsPlace({ home, role, node, metrics, certify }: MetricsPlaceOptions): MetricsPlace {
  const file = join(placeOf(home, listenerOf(role, node)), 'metrics.url');
  let door: MetricsDoor | undefined;
  let at = '';
  metrics.follow(false);
  const shut = (): void => {
    metrics.follow(false);
    door?.close();
    door = undefined;
    at = '';
    rmSync(file, { force: true });
  };
  const open = async (wanted: NonNullable<TelemetrySettings['metrics']>): Promise<void> => {
    const isNear = wanted.hostname === LOOPBACK || wanted.hostname === 'localhost' || wanted.hostname === '::1';
    const hostname = isNear || certify !== undefined ? wanted.hostname : LOOPBACK;
    const port = wanted.port === 0 ? 0 : wanted.port + PORT_AFTER[role];
    const tls = isNear || certify === undefined ? undefined : await certify(hostname);
    door = openMetricsDoor({ hostname, port, scrapers: wanted.scrapers, ...(tls === undefined ? {} : { tls }) }, metrics);
    metrics.follow(true);
    ensurePlace(home, role, listenerOf(role, node));
    writeFileSync(file, `${tls === undefined ? 'http' : 'https'}://${hostname === '::1' ? '[::1]' : hostname}:${door.port}/metrics\n`, { mode: 0o600 });
  };
  return {
    async configure(wanted) {
      const next = wanted === undefined ? '' : JSON.stringify(wanted);
      if (next === at) return;
      shut();
      at = next;
      if (wanted === undefined) return;
      try {
        await open(wanted);
      } catch (fault) {
        at = '';
        console.error(`${role}: ${fault instanceof SallyportError ? `${fault.code}: ${fault.message} ${fault.remedy ?? ''}` : 'metrics are not served'}`);
      }
    },
    close: shut,
  };
}

/** What decisions stand on, where a role knows it. */
export function leaseReadings(metrics: Pick<Metrics, 'read'>, lease: () => Lease | undefined, version: () => number | undefined): void {
  const seconds = (of: (lease: Lease, now: number) => number): number => {
    const known = lease();
    return known === undefined ? Number.NaN : of(known, Date.now()) / 1_000;
  };
  metrics.read('sallyport_lease_age_seconds', () => seconds(({ issuedAt }, now) => now - issuedAt));
  metrics.read('sallyport_lease_left_seconds', () => seconds(({ expiresAt }, now) => expiresAt - now));
  metrics.read('sallyport_snapshot_version', () => version() ?? 0);
  metrics.read('sallyport_kill_switches', () => {
    const { all = false, ...lists } = lease()?.killed ?? {};
    return [[['all'], all ? 1 : 0], ...Object.entries(lists).map(([kind, names]) => [[kind], names.length] as const)];
  });
}

const TOLD = z.strictObject({ port: z.int().min(0).max(65_535).nullable(), scrapers: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(20) });

/** For roles that have no snapshot: control tells them, and they serve this machine alone. */
export function metricsHandler(place: MetricsPlace): Handler {
  return {
    call: async (body) => {
      const told = TOLD.safeParse(body, { reportInput: false });
      if (!told.success) throw new SallyportError('ERR_REQUEST_INVALID', 'not where metrics are to be');
      const { port, scrapers } = told.data;
      await place.configure(port === null ? undefined : { hostname: LOOPBACK, port, scrapers });
      return {};
    },
  };
}
