import { z } from 'zod';
import { SEVERITIES } from '../domain/finding.ts';
import { LIMITS } from '../domain/limits.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import { RECORD_CATEGORIES, RECORD_EVENTS } from '../domain/record.ts';
import type { SinkBasics, SinkSpec } from '../domain/sink.ts';
import { SINK_FORMATS } from '../domain/sink.ts';
import { HTTP_URL, ID, MOMENT, SECRET, WORDS } from './manifest-words.ts';

/** One of `audit.sinks` of sallyport.yaml: where records are sent, how, and which of them. */

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SPAN = z.string().regex(/^[1-9]\d{0,4}[smhd]$/, 'must be a span of time: 30s, 10m, 8h');
const BYTES = z.int().min(1_024).max(LIMITS.sinkBatchBytesMax);
const VISIBLE = z.string().regex(/^[\x21-\x7E]{1,255}$/, 'must be visible ASCII without spaces');
const FIELD = z.string().regex(/^[A-Za-z]\w*(?:\.\w+)*$/, 'must be a field of a record, for instance address or detail.id').max(200);
const HOST_PORT = z.string().regex(/^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i, 'must be host:port').max(300);
const HEADER = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'must be a header name');

/** What can't be encrypted crosses a network only while somebody stands for it. */
const CLEARTEXT = z.strictObject({ reason: WORDS, owner: WORDS, approver: WORDS, expires: MOMENT });

const BASICS = {
  format: z.enum(SINK_FORMATS).exactOptional(),
  from: z.enum(['now', 'start']).exactOptional(),
  filter: z
    .strictObject({
      categories: z.array(z.enum(RECORD_CATEGORIES)).min(1).exactOptional(),
      events: z.array(z.enum(RECORD_EVENTS)).min(1).exactOptional(),
      severity: z.enum(SEVERITIES).exactOptional(),
      spaces: z.array(ID).min(1).max(1_000).exactOptional(),
    })
    .exactOptional(),
  fields: z.strictObject({ drop: z.array(FIELD).max(100).exactOptional(), hash: z.array(FIELD).max(100).exactOptional() }).exactOptional(),
  reveal: z.boolean().exactOptional(),
  batch: z
    .strictObject({ records: z.int().min(1).max(LIMITS.sinkBatchRecordsMax).exactOptional(), bytes: BYTES.exactOptional(), wait: SPAN.exactOptional() })
    .exactOptional(),
  timeout: SPAN.exactOptional(),
  behindMax: SPAN.exactOptional(),
};

const cleartext = { cleartext: CLEARTEXT.exactOptional() };

/** `SECRET` for a manifest, any text once references are resolved. */
function typesOf(secret: z.ZodType<string, string>) {
  const certificate = { clientCertificate: secret.exactOptional() };
  const http = { ...BASICS, ...cleartext, ...certificate, url: HTTP_URL, proxy: HTTP_URL.exactOptional() };
  return [
    z.strictObject({
      type: z.literal('file'), ...BASICS,
      directory: z.string().regex(/^\/(?!.*(?:^|\/)\.{1,2}(?:\/|$))/, 'must be an absolute path without . and ..').max(4_096),
      rotate: z.strictObject({ bytes: z.int().min(4_096).max(2 ** 40).exactOptional(), every: SPAN.exactOptional() }).exactOptional(),
      compress: z.enum(['none', 'gzip', 'zstd']).exactOptional(),
    }),
    z.strictObject({
      type: z.literal('syslog'), ...BASICS, ...cleartext, ...certificate, address: HOST_PORT, facility: z.int().min(0).max(23).exactOptional(),
      appName: z.string().regex(/^[\x21-\x7E]{1,48}$/, 'must be visible ASCII without spaces').exactOptional(), tls: z.boolean().exactOptional(),
    }),
    z.strictObject({
      type: z.literal('splunk'), ...http, token: secret, acknowledge: z.boolean().exactOptional(),
      index: VISIBLE.exactOptional(), source: VISIBLE.exactOptional(), sourcetype: VISIBLE.exactOptional(),
    }),
    z.strictObject({
      type: z.literal('elastic'), ...http,
      dataStream: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,254}$/, 'must be the name of a data stream: logs-sallyport-default'),
      apiKey: secret.exactOptional(), username: VISIBLE.exactOptional(), password: secret.exactOptional(),
    }),
    z.strictObject({ type: z.literal('otlp'), ...http, headers: z.record(HEADER, secret).exactOptional() }),
    z.strictObject({ type: z.literal('webhook'), ...http, secret }),
    z.strictObject({
      type: z.literal('kafka'), ...BASICS, ...cleartext, ...certificate, brokers: z.array(HOST_PORT).min(1).max(100),
      topic: z.string().regex(/^[\w.-]{1,249}$/, 'must be the name of a topic'), tls: z.boolean().exactOptional(),
      sasl: z
        .strictObject({ mechanism: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']), username: z.string().min(1).max(300), password: secret })
        .exactOptional(),
      key: z.enum(['log', 'context']).exactOptional(), compression: z.enum(['none', 'gzip', 'zstd']).exactOptional(),
    }),
  ] as const;
}

/** RFC 5424, table 1. */
const LOG_AUDIT = 13;

const TYPES = { error: 'must have a type: file, syslog, splunk, elastic, otlp, webhook or kafka' };

const DECLARED = z.discriminatedUnion('type', typesOf(SECRET), TYPES);
type SinkShape = z.infer<typeof DECLARED>;

export const SINK = DECLARED
  .refine((sink) => sink.type !== 'elastic' || (sink.username === undefined) === (sink.password === undefined), { error: 'has a username without password' })
  .refine((sink) => sink.type !== 'elastic' || sink.apiKey === undefined || sink.username === undefined, { error: 'has both apiKey and username' })
  .refine((sink) => addressesOf(sink).every(isSafe) || ('cleartext' in sink && sink.cleartext !== undefined), {
    error: 'sends records unencrypted to another machine: use https or tls, or state an exception under cleartext (reason, owner, approver, expires)',
  });

const RESOLVED = z.discriminatedUnion('type', typesOf(z.string().min(1).max(LIMITS.secretBytesMax)), TYPES);
type ResolvedSink = z.infer<typeof RESOLVED>;

/** Where records go, as URLs, so that a scheme says how. */
function addressesOf(sink: SinkShape): readonly string[] {
  if (sink.type === 'file') return [];
  if (sink.type === 'syslog') return [`${sink.tls === false ? 'http' : 'https'}://${sink.address}`];
  if (sink.type === 'kafka') return sink.brokers.map((broker) => `${sink.tls === false ? 'http' : 'https'}://${broker}`);
  return [sink.url];
}

function isSafe(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || isLoopbackHost(hostname);
}

/** Stands for a sink that can't be read, or whose secret can't: filed under its name, so that what depends on it sees that it is missing. */
export function brokenSink(error: string, basics: SinkBasics = basicsOf({ type: 'file', directory: '/', from: 'start' })): SinkSpec {
  const { format, from, filter, fields, reveal, batch, timeoutMs, behindMaxMs } = basics;
  return { format, from, filter, fields, reveal, batch, timeoutMs, behindMaxMs, type: 'broken', error };
}

/**
 * A sink as the ledger runs it, from what control sent: the manifest's form with every secret in clear, and `roots` (PEM) of
 * the network. Throws where it is none.
 */
export function readSink(value: unknown, roots: string | undefined): SinkSpec {
  const sink = RESOLVED.parse(value);
  const basics = { ...basicsOf(sink), ...(roots === undefined ? {} : { roots }) };
  if (sink.type === 'file') {
    const rotate = { bytes: sink.rotate?.bytes ?? LIMITS.segmentBytesMax, everyMs: spanMs(sink.rotate?.every ?? '1h') };
    return { ...basics, type: 'file', directory: sink.directory, compress: sink.compress ?? 'zstd', rotate };
  }
  if (sink.type === 'syslog') {
    const { address, facility = LOG_AUDIT, appName = 'sallyport', tls = true } = sink;
    return { ...basics, type: 'syslog', ...hostAndPort(address), facility, appName, tls };
  }
  if (sink.type === 'kafka') {
    const { brokers, topic, tls = true, key = 'log', compression = 'none', sasl } = sink;
    return { ...basics, type: 'kafka', brokers, topic, tls, key, compression, ...(sasl && { sasl }) };
  }
  return httpSink(sink, basics);
}

function httpSink(sink: Extract<ResolvedSink, { readonly url: string }>, basics: SinkBasics): SinkSpec {
  const http = { ...basics, url: sink.url.replace(/\/+$/, ''), ...(sink.proxy && { proxy: sink.proxy }) };
  if (sink.type === 'splunk') {
    const { token, acknowledge = true, index, source, sourcetype } = sink;
    return { ...http, type: 'splunk', token, acknowledge, ...(index && { index }), ...(source && { source }), ...(sourcetype && { sourcetype }) };
  }
  if (sink.type === 'elastic') {
    const { dataStream, apiKey, username, password } = sink;
    return { ...http, type: 'elastic', dataStream, ...(apiKey && { apiKey }), ...(username && { username }), ...(password && { password }) };
  }
  return sink.type === 'otlp' ? { ...http, type: 'otlp', headers: sink.headers ?? {} } : { ...http, type: 'webhook', secret: sink.secret };
}

function basicsOf(sink: ResolvedSink): SinkBasics {
  const { batch = {}, fields = {} } = sink;
  return {
    format: sink.format ?? 'json', from: sink.from ?? 'now', filter: sink.filter ?? {}, reveal: sink.reveal ?? false,
    fields: { drop: fields.drop ?? [], hash: fields.hash ?? [] },
    batch: { records: batch.records ?? 500, bytes: batch.bytes ?? 1024 * 1024, waitMs: spanMs(batch.wait ?? '1s') },
    timeoutMs: spanMs(sink.timeout ?? '30s'), behindMaxMs: spanMs(sink.behindMax ?? '5m'),
    ...('cleartext' in sink && sink.cleartext !== undefined && { cleartextUntil: Date.parse(sink.cleartext.expires) }),
    ...('clientCertificate' in sink && sink.clientCertificate !== undefined && { clientCertificate: sink.clientCertificate }),
  };
}

function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const cut = address.lastIndexOf(':');
  return { host: address.slice(0, cut).replaceAll(/^\[|\]$/g, ''), port: Number(address.slice(cut + 1)) };
}

function spanMs(text: string): number {
  const unit = text.at(-1);
  return Number.parseInt(text, 10) * (unit === 'm' || unit === 'h' || unit === 'd' ? UNITS_MS[unit] : UNITS_MS.s);
}
