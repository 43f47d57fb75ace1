import type { Link } from '../link/connect.ts';
import type { InForceKeeper } from '../gateway/in-force.ts';
import { nameOf } from '../gateway/trail-words.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { certified } from './gateway-door.ts';
import { createMetricsPlace, leaseReadings } from './telemetry.ts';

const VERSION = '0.1.0';

/** What this gateway tells of its traffic, as the snapshot in force says; nothing of it is waited for. */
export interface GatewayTelemetry {
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  close(): Promise<void>;
}

export interface TelemetryGround {
  readonly home: string;
  readonly node: string;
  readonly inForce: InForceKeeper;
  readonly links: { readonly control: Link };
  readonly signal: AbortSignal;
}

export function joinTelemetry({ home, node, inForce, links, signal }: TelemetryGround): GatewayTelemetry {
  const metrics = createMetrics('gateway', node);
  const telemetry = createTelemetry({ metrics, node, version: VERSION, nameOf: ({ call }) => nameOf(call.resource) });
  const place = createMetricsPlace({ home, role: 'gateway', node, metrics, certify: (hostname) => certified(hostname, links.control, signal) });
  const follow = (): void => {
    const { telemetry: settings, network } = inForce.snapshot ?? {};
    telemetry.configure(settings, network?.extraRoots);
    void place.configure(settings?.metrics);
  };
  const stop = inForce.onChange(follow);
  follow();
  leaseReadings(metrics, () => inForce.lease, () => inForce.snapshot?.version);
  return {
    metrics, telemetry,
    async close() {
      stop();
      place.close();
      await telemetry.close();
    },
  };
}
