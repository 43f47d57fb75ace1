import { isObject } from '../../../domain/json.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { splitHost } from '../traffic.ts';
import type { Era, LogFormat, Traffic } from '../traffic.ts';
import { firstRecord, jsonReader, numberAt, objectAt, textAt, textsAt, timeOf } from './record.ts';

/** Suricata's EVE: requests, handshakes, questions, and the alerts of deploy/ids. */
export const suricata: LogFormat = {
  id: 'suricata',
  reader: (first) => {
    const record = firstRecord(first);
    return record === undefined || typeof record['event_type'] !== 'string' ? undefined : jsonReader(trafficOf);
  },
};

function trafficOf(event: JsonObject): Traffic | undefined {
  // An alert of an answer has its ends the other way round: who asked is the connection's first end.
  const isAnswer = event['direction'] === 'to_client';
  const [from, address, port] = isAnswer ? ['dest_ip', 'src_ip', 'src_port'] as const : ['src_ip', 'dest_ip', 'dest_port'] as const;
  const shared = { seenAt: timeOf(textAt(event, 'timestamp')), from: textAt(event, from), port: numberAt(event, port) };
  const to = textAt(event, address);
  const addresses = to === undefined ? undefined : [to];
  const [tls, dns, quic] = [objectAt(event, 'tls'), objectAt(event, 'dns'), objectAt(event, 'quic')];
  switch (textAt(event, 'event_type') ?? '') {
    case 'http': case 'http2': return request(event, shared, addresses);
    case 'alert': return alertOf(event, shared, addresses);
    case 'tls': case 'quic':
      return { ...shared, by: 'tls', host: (tls && textAt(tls, 'sni')) ?? (quic && textAt(quic, 'sni')), secure: true, addresses };
    case 'dns':
      return dns === undefined ? undefined : { by: 'dns', seenAt: shared.seenAt, from: shared.from, host: questionOf(dns) };
    default: return undefined;
  }
}

type Shared = Pick<Traffic, 'seenAt'> & { readonly from: string | undefined; readonly port: number | undefined };

function request(event: JsonObject, shared: Shared, addresses: readonly string[] | undefined, era?: Era): Traffic | undefined {
  const http = objectAt(event, 'http');
  if (http === undefined) return undefined;
  const named = splitHost(textAt(http, 'hostname') ?? addresses?.[0] ?? '');
  const body = textAt(http, 'http_request_body_printable');
  return {
    ...shared, by: 'http', host: named.host === '' ? undefined : named.host, port: numberAt(http, 'http_port') ?? named.port ?? shared.port,
    secure: objectAt(event, 'tls') !== undefined, method: textAt(http, 'http_method'), path: textAt(http, 'url'), status: numberAt(http, 'status'),
    agent: textAt(http, 'http_user_agent'), answered: textAt(http, 'http_content_type'), headers: headersOf(http['request_headers']),
    body: body?.slice(0, BODY_CHARS), addresses, era,
  };
}

const BODY_CHARS = 4096;

/** An alert of our own rules has looked at the request itself: its metadata says of which era it was. */
function alertOf(event: JsonObject, shared: Shared, addresses: readonly string[] | undefined): Traffic | undefined {
  const alert = objectAt(event, 'alert');
  const metadata = alert && objectAt(alert, 'metadata');
  if (alert === undefined || metadata === undefined || textsAt(metadata, 'sallyport_protocol')[0] !== 'mcp') return undefined;
  const era: Era = textsAt(metadata, 'sallyport_era')[0] === 'modern' ? 'modern' : 'legacy';
  return request(event, shared, addresses, era) ?? { ...shared, by: 'http', host: addresses?.[0], secure: false, path: '/', addresses, era };
}

function headersOf(list: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (!Array.isArray(list)) return undefined;
  const entries = list.filter(isObject).flatMap((header): readonly (readonly [string, string])[] => {
    const name = textAt(header, 'name')?.toLowerCase();
    return name?.startsWith('mcp-') === true ? [[name, textAt(header, 'value') ?? '']] : [];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The name stands in the event itself, or since Suricata 8 in a list. */
function questionOf(dns: JsonObject): string | undefined {
  const queries = dns['queries'];
  const first = Array.isArray(queries) ? queries.find(isObject) : undefined;
  return textAt(dns, 'rrname') ?? (first && textAt(first, 'rrname'));
}
