import { createHash, timingSafeEqual } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import type { TelemetrySettings } from '../domain/telemetry.ts';
import type { Metrics } from './metrics.ts';

/** Where Prometheus asks one role. */
export interface MetricsDoor {
  readonly port: number;
  close(): void;
}

export interface MetricsDoorOptions extends NonNullable<TelemetrySettings['metrics']> {
  /** Needed beyond loopback: a token must not cross a network in clear. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

const TLS_1_3 = 0x0304;
const IDLE_S = 10;
const TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const TOKEN_CHARS_MAX = 512;

/**
 * `GET /metrics` and nothing else. On loopback whoever is on the machine may read, unless scrapers are named; beyond it a
 * scraper's token and TLS 1.3 are needed. Throws `ERR_CONFIG_INVALID` where one of them is missing, `ERR_LISTEN`.
 */
export function openMetricsDoor({ hostname, port, scrapers, tls }: MetricsDoorOptions, metrics: Pick<Metrics, 'text'>): MetricsDoor {
  if (!isLoopbackHost(hostname) && (scrapers.length === 0 || tls === undefined)) {
    throw new SallyportError('ERR_CONFIG_INVALID', `metrics are not served on ${hostname} without a scraper's token and TLS`, {
      remedy: 'Name the SHA-256 of a token under telemetry.scrapers, or serve them on 127.0.0.1.',
    });
  }
  const known = scrapers.map((hash) => Buffer.from(hash, 'hex'));
  try {
    const server = Bun.serve({
      hostname, port, development: false, reusePort: false, idleTimeout: IDLE_S, maxRequestBodySize: 0,
      ...(tls === undefined ? {} : { tls: { ...tls, minVersion: TLS_1_3 } as Bun.TLSOptions }),
      fetch: (request) => answer(request, known, isLoopbackHost(hostname), metrics),
      error: () => new Response(undefined, { status: 500 }),
    });
    return { port: server.port ?? port, close: () => void server.stop(true) };
  } catch (cause) {
    throw new SallyportError('ERR_LISTEN', `metrics can't be served on ${hostname}:${port}`, {
      remedy: 'Choose another address under telemetry.metrics.', cause,
    });
  }
}

async function answer(request: Request, known: readonly Buffer[], isLocal: boolean, metrics: Pick<Metrics, 'text'>): Promise<Response> {
  const { host, pathname } = new URL(request.url);
  // A web page that rebinds its name to this address must not read what this machine serves to itself.
  if (isLocal && !isLoopbackHost(host.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''))) return new Response(undefined, { status: 403 });
  if (known.length > 0 && !isScraper(request.headers.get('authorization'), known)) {
    return new Response(undefined, { status: 401, headers: { 'www-authenticate': 'Bearer' } });
  }
  if (pathname !== '/metrics') return new Response(undefined, { status: 404 });
  if (request.method !== 'GET') return new Response(undefined, { status: 405, headers: { allow: 'GET' } });
  return new Response(await metrics.text(), { headers: { 'content-type': TYPE, 'cache-control': 'no-store' } });
}

function isScraper(authorization: string | null, known: readonly Buffer[]): boolean {
  if (authorization === null || authorization.length > TOKEN_CHARS_MAX || !/^bearer /i.test(authorization)) return false;
  const shown = createHash('sha256').update(authorization.slice('bearer '.length).trim()).digest();
  return known.some((one) => one.length === shown.length && timingSafeEqual(one, shown));
}
