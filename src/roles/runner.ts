import { join } from 'node:path';
import type { Json } from '../domain/json.ts';
import type { Handler } from '../link/handler.ts';
import { serveLink } from '../link/serve.ts';
import { createProcessTable } from '../sandbox/processes.ts';
import type { ProcessTable } from '../sandbox/processes.ts';
import { readKey, readObject, readProcessRequest, text } from '../sandbox/request.ts';
import { searchPathOf } from '../sandbox/tools.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createMetricsPlace, metricsHandler } from './telemetry.ts';

export interface Runner {
  /** Stops every local server, then listens no more. */
  close(): Promise<void>;
}

/** The runner in this process: starts local servers for the gateway and passes their messages, nothing else. */
export async function startRunner(options: { readonly home: string }): Promise<Runner> {
  const processes = createProcessTable({
    folder: join(options.home, 'runner'),
    searchPath: searchPathOf(process.env['PATH'], join(import.meta.dir, '..', '..', 'node_modules', '.bin')),
  });
  const metrics = createMetrics('runner', 'runner');
  metrics.read('sallyport_runner_processes', () => processes.status().length);
  const place = createMetricsPlace({ home: options.home, role: 'runner', node: 'runner', metrics });
  const handlers = { ...handlersOf(processes), 'runner.telemetry': metricsHandler(place) };
  const link = await serveLink({ home: options.home, self: 'runner', handlers });
  return {
    async close() {
      place.close();
      await processes.shutdown();
      await link.close();
    },
  };
}

function handlersOf(processes: ProcessTable): Readonly<Record<string, Handler>> {
  return {
    'runner.open': { stream: (body, caller, signal) => processes.open(readProcessRequest(body), caller, signal) },
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
