import type { OtlpSink } from '../../domain/sink.ts';
import type { Json } from '../../domain/json.ts';
import type { LogSource } from '../ocsf/to-ocsf.ts';
import { asJson } from './answers.ts';
import { createPost, faultOf } from './post.ts';
import { SinkFault } from './sink.ts';
import type { Item, Parked, Sink } from './sink.ts';

/** OpenTelemetry's logs data model, SeverityNumber, by index in `SEVERITIES`. */
const SEVERITY = [
  { severityNumber: 9, severityText: 'INFO' }, { severityNumber: 10, severityText: 'INFO2' }, { severityNumber: 13, severityText: 'WARN' },
  { severityNumber: 17, severityText: 'ERROR' }, { severityNumber: 21, severityText: 'FATAL' },
] as const;
/** What the protocol says may be tried again (OTLP 1.x, "Failures"); everything else it says must not. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * OTLP/HTTP logs, JSON encoding. A partial success says how many records were dropped and never which, and must not be sent
 * again: they are counted as parked, somewhere in the batch. Where all were dropped, the destination is what is broken.
 */
export function openOtlp(spec: OtlpSink, source: LogSource): Sink {
  const post = createPost(spec);
  const headers = { 'content-type': 'application/json', ...spec.headers };
  return {
    send: async (items, signal) => {
      const answer = await post('', bodyOf(items, source), headers, signal);
      const { partialSuccess } = asJson(answer.json);
      if (answer.status === 200) {
        const rejected = Number(asJson(partialSuccess)['rejectedLogRecords'] ?? 0);
        return rejected > 0 ? dropped(items, rejected) : [];
      }
      const message = `otlp: HTTP ${answer.status}`;
      throw RETRYABLE.has(answer.status) ? new SinkFault(message, answer) : faultOf(message, answer);
    },
    close: async () => undefined,
  };
}

function dropped(items: readonly Item[], count: number): readonly Parked[] {
  const [first, last] = [items[0], items.at(-1)];
  if (first === undefined || last === undefined || count >= items.length) throw new SinkFault('otlp: every record was rejected');
  return [{ item: first, count, reason: `otlp: partial success, ${count} of positions ${first.position} to ${last.position}` }];
}

function bodyOf(items: readonly Item[], { origin, version }: LogSource): string {
  const attributes = [attribute('service.name', 'sallyport'), attribute('service.version', version), attribute('sallyport.log', origin)];
  const records = items.map((item) => JSON.stringify(recordOf(item)));
  const scope = JSON.stringify({ name: 'sallyport.audit', version });
  return `{"resourceLogs":[{"resource":{"attributes":${JSON.stringify(attributes)}},"scopeLogs":[{"scope":${scope},"logRecords":[${records.join(',')}]}]}]}`;
}

function recordOf({ at, id, position, event, severity, context, text, trace }: Item): Json {
  const nanos = `${at}000000`;
  return {
    timeUnixNano: nanos, observedTimeUnixNano: nanos, ...(SEVERITY[severity] ?? SEVERITY[0]), eventName: `sallyport.${event}`, body: { stringValue: text },
    attributes: [
      attribute('log.record.uid', id), { key: 'sallyport.position', value: { intValue: String(position) } },
      ...(context === '' ? [] : [attribute('sallyport.context', context)]),
    ],
    ...(trace && { traceId: trace.traceId, spanId: trace.spanId, flags: 1 }),
  };
}

function attribute(key: string, value: string): { readonly key: string; readonly value: { readonly stringValue: string } } {
  return { key, value: { stringValue: value } };
}
