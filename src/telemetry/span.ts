import { LIMITS } from '../domain/limits.ts';

/** One finished span, in the words of the OpenTelemetry data model. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly state?: string;
  /** `{method} {target}`, or the method alone; never a URI. */
  readonly name: string;
  readonly kind: SpanKind;
  /** Epoch ms, with fractions. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
}

export type Attributes = Readonly<Record<string, string | number>>;

export type SpanKind = 'internal' | 'server' | 'client';

/** SpanKind of the OTLP protocol. */
const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };
const STATUS_ERROR = 2;
/** The flags of spans and links (OTLP 1.x): the sampled flag of W3C. */
const SAMPLED = 1;

/** A batch as OTLP/HTTP has it in JSON: ids in hex, 64-bit numbers as text. */
export function encodeSpans(spans: readonly Span[], resource: Attributes): string {
  const scope = '{"name":"sallyport.telemetry"}';
  const inScope = `{"scope":${scope},"spans":[${spans.map(spanText).join(',')}]}`;
  return `{"resourceSpans":[{"resource":{"attributes":${attributesText(resource)}},"scopeSpans":[${inScope}]}]}`;
}

function spanText({ traceId, spanId, parentId, state, name, kind, startedAt, endedAt, attributes, links, isError }: Span): string {
  const parent = parentId === undefined ? '' : `,"parentSpanId":"${parentId}"`;
  const said = state === undefined ? '' : `,"traceState":${JSON.stringify(state)}`;
  const linked = links.length === 0 ? '' : `,"links":${JSON.stringify(links)}`;
  const status = isError ? `,"status":{"code":${STATUS_ERROR}}` : '';
  return `{"traceId":"${traceId}","spanId":"${spanId}"${parent}${said},"flags":${SAMPLED},"name":${JSON.stringify(cut(name))},"kind":${KINDS[kind]},`
    + `"startTimeUnixNano":"${nanos(startedAt)}","endTimeUnixNano":"${nanos(endedAt)}","attributes":${attributesText(attributes)}${linked}${status}}`;
}

function attributesText(attributes: Attributes): string {
  const members = Object.entries(attributes).map(([key, value]) => `{"key":"${key}","value":${valueText(value)}}`);
  return `[${members.join(',')}]`;
}

function valueText(value: string | number): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(cut(value))}}`;
  return Number.isInteger(value) ? `{"intValue":"${value}"}` : `{"doubleValue":${value}}`;
}

/** Names of tools and ids of requests are other people's texts. */
function cut(text: string): string {
  return text.length <= LIMITS.spanTextCharsMax ? text : `${text.slice(0, LIMITS.spanTextCharsMax)}…`;
}

const NANO_DIGITS = 6;

/** A double can't hold nanoseconds since 1970: whole milliseconds and their fraction are written one after the other. */
function nanos(epochMs: number): string {
  const whole = Math.floor(epochMs);
  return `${whole}${String(Math.floor((epochMs - whole) * 1e6)).padStart(NANO_DIGITS, '0')}`;
}
