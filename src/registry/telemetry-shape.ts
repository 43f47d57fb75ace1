import { z } from 'zod';
import { isLoopbackHost } from '../domain/loopback.ts';
import type { TelemetrySettings } from '../domain/telemetry.ts';
import { SAFE_URL } from './manifest-words.ts';

/** `telemetry:` of sallyport.yaml: what is told about traffic while it passes, and to whom. Holds no secret. */

const PLACE = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/;
const PORTS_MAX = 65_535;
/** The roles have ports in a row. */
const ROLES_AFTER = 3;

const METRICS = z.string().regex(PLACE, 'must be host:port, for instance 127.0.0.1:9464')
  .refine((text) => Number(PLACE.exec(text)?.[2]) + ROLES_AFTER <= PORTS_MAX, { error: 'leaves no room for the ports of the other roles' });
const HASH = z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of a token, in lower-case hex');
const BAGGAGE_KEY = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'must be a key of W3C baggage');

export const TELEMETRY_SHAPE = z
  .strictObject({
    metrics: METRICS.exactOptional(),
    scrapers: z.array(HASH).max(20).exactOptional(),
    traces: z.strictObject({ endpoint: SAFE_URL, sample: z.number().min(0).max(1).exactOptional(), parentBased: z.boolean().exactOptional() }).exactOptional(),
    propagate: z.boolean().exactOptional(),
    baggage: z.array(BAGGAGE_KEY).max(32).exactOptional(),
    resourceUris: z.boolean().exactOptional(),
  })
  .refine(({ metrics, scrapers = [] }) => metrics === undefined || scrapers.length > 0 || isLoopbackHost(hostOf(metrics)), {
    path: ['scrapers'], error: 'beyond loopback metrics need a scraper: the SHA-256 of a token that it shows',
  })
  .refine(({ metrics, scrapers }) => scrapers === undefined || metrics !== undefined, { path: ['scrapers'], error: 'have nothing to read without metrics' });
export type TelemetryShape = z.infer<typeof TELEMETRY_SHAPE>;

/** With every default written out; undefined where the file asks for nothing. */
export function telemetryOf(shape: TelemetryShape): TelemetrySettings | undefined {
  if (Object.keys(shape).length === 0) return undefined;
  const { metrics, scrapers = [], traces, propagate = true, baggage = [], resourceUris = false } = shape;
  return {
    propagate, baggage, resourceUris,
    ...(traces === undefined ? {} : { traces: { endpoint: traces.endpoint, ratio: traces.sample ?? 1, parentBased: traces.parentBased ?? true } }),
    ...(metrics === undefined ? {} : { metrics: { hostname: hostOf(metrics), port: Number(PLACE.exec(metrics)?.[2]), scrapers } }),
  };
}

function hostOf(place: string): string {
  return (PLACE.exec(place)?.[1] ?? '').replace(/^\[|\]$/g, '');
}
