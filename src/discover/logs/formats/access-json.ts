import type { JsonObject } from '../../../domain/json.ts';
import { splitHost, splitTarget } from '../traffic.ts';
import type { LogFormat, Traffic } from '../traffic.ts';
import { firstRecord, jsonReader, numberAt, textAt, timeOf } from './record.ts';

const PATHS = ['path', 'request_uri', 'uri', 'x_envoy_original_path', 'url', 'request'];
const METHODS = ['method', 'request_method', 'http_method', 'verb'];

/** Access logs of Envoy, nginx and others as JSON: their writers choose the names, these are the usual ones. */
export const accessJson: LogFormat = {
  id: 'access-json',
  reader: (first) => {
    const record = firstRecord(first);
    if (record === undefined || record['event_type'] !== undefined || record['uid'] !== undefined) return undefined;
    return textAt(record, ...METHODS, 'request') === undefined || textAt(record, ...PATHS) === undefined ? undefined : jsonReader(trafficOf);
  },
};

function trafficOf(record: JsonObject): Traffic | undefined {
  const request = /^([A-Z]+) (\S+) HTTP\//.exec(textAt(record, 'request') ?? '');
  const method = textAt(record, ...METHODS) ?? request?.[1];
  const target = request?.[2] ?? textAt(record, ...PATHS);
  if (method === undefined || target === undefined) return undefined;
  const authority = textAt(record, 'authority', ':authority', 'host', 'http_host', 'server_name', 'vhost');
  const scheme = textAt(record, 'scheme', 'x_forwarded_proto', 'http_x_forwarded_proto');
  return {
    by: 'http', seenAt: timeOf(textAt(record, 'start_time', 'time_iso8601', 'timestamp', '@timestamp', 'time', 'msec')),
    from: firstOf(textAt(record, 'x_forwarded_for', 'downstream_remote_address', 'remote_addr', 'client_ip')),
    person: textAt(record, 'remote_user', 'user'), secure: scheme === undefined ? undefined : scheme === 'https', method, ...splitTarget(target),
    ...(authority === undefined ? {} : splitHost(authority)), status: numberAt(record, 'response_code', 'status', 'status_code'),
    agent: textAt(record, 'user_agent', 'http_user_agent'), answered: textAt(record, 'content_type', 'sent_http_content_type'), headers: headersOf(record),
  };
}

/** The client, of a list of proxies and of an address with its port. */
function firstOf(addresses: string | undefined): string | undefined {
  return addresses?.split(',')[0]?.trim().replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
}

/** `mcp_method`, `http_mcp_method`, `Mcp-Method`: a header by whichever name it was logged. */
function headersOf(record: JsonObject): Readonly<Record<string, string>> | undefined {
  const entries = Object.keys(record).flatMap((key): readonly (readonly [string, string])[] => {
    const name = key.toLowerCase().replaceAll('_', '-').replace(/^(?:req-|request-|http-)+/, '');
    const value = /^mcp-(?:method|name|protocol-version|session-id)$/.test(name) ? textAt(record, key) : undefined;
    return value === undefined ? [] : [[name, value]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
