import { SallyportError } from '../../domain/errors.ts';
import type { TelemetrySettings } from '../../domain/telemetry.ts';
import type { Link } from '../../link/connect.ts';
import { telemetryOf } from '../../registry/telemetry-shape.ts';
import type { Store } from '../../store/store.ts';
import { readTelemetry } from './settings.ts';

/** Tells who has no snapshot where its metrics are to be read. */
export interface TelemetryKeeper {
  /** Reads the settings and tells them on. Never rejects: nothing waits for telemetry. */
  tend(): Promise<void>;
  /** Called with the settings as they are, at `tend` and after each change. */
  onSettings(listener: (settings: TelemetrySettings | undefined) => void): void;
  close(): void;
}

export interface TelemetryKeeperParts {
  readonly store: Store;
  readonly ledger: Pick<Link, 'call' | 'onUp'>;
  readonly runner: Pick<Link, 'call' | 'onUp'>;
  readonly report: (line: string) => void;
}

export function createTelemetryKeeper({ store, ledger, runner, report }: TelemetryKeeperParts): TelemetryKeeper {
  const listeners: ((settings: TelemetrySettings | undefined) => void)[] = [];
  const told = [{ verb: 'ledger.telemetry', link: ledger }, { verb: 'runner.telemetry', link: runner }] as const;
  const tell = async ({ verb, link }: (typeof told)[number]): Promise<void> => {
    try {
      const { metrics } = telemetryOf(await readTelemetry(store)) ?? {};
      await link.call(verb, { port: metrics?.port ?? null, scrapers: metrics?.scrapers ?? [] });
    } catch (error) {
      // A role that is away is told when it is back.
      const isAway = error instanceof SallyportError && error.code.startsWith('ERR_LINK_');
      if (!isAway) report(`${verb}: ${error instanceof SallyportError ? `${error.code}: ${error.message}` : 'something broke'}`);
    }
  };
  const stops = told.map((one) => one.link.onUp(() => void tell(one)));
  return {
    async tend() {
      const settings = await readTelemetry(store).then(telemetryOf, () => undefined);
      for (const listener of listeners) listener(settings);
      await Promise.all(told.map(tell));
    },
    onSettings: (listener) => void listeners.push(listener),
    close() {
      for (const stop of stops) stop();
    },
  };
}
