import { isObject } from '../../../domain/json.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { splitTarget } from '../traffic.ts';
import type { LogFormat, Traffic } from '../traffic.ts';
import { firstRecord, jsonReader, numberAt, textAt, timeOf } from './record.ts';

/** The web log of Zscaler's Nanolog feed as JSON, with or without an envelope (`{ sourcetype, event }`). */
export const zscaler: LogFormat = {
  id: 'zscaler',
  reader: (first) => {
    const record = firstRecord(first);
    if (record === undefined) return undefined;
    const event = eventOf(record);
    const isWeb = textAt(record, 'sourcetype')?.startsWith('zscaler') === true
      || (event['requestmethod'] !== undefined && textAt(event, 'url',
      'eurl') !== undefined);
    return isWeb ? jsonReader((line) => trafficOf(eventOf(line))) : undefined;
  },
};

function eventOf(record: JsonObject): JsonObject {
  return isObject(record['event']) ? record['event'] : record;
}

function trafficOf(event: JsonObject): Traffic | undefined {
  const url = textAt(event, 'url', 'eurl');
  if (url === undefined) return undefined;
  const protocol = textAt(event, 'protocol', 'proto')?.toUpperCase();
  // Addresses are logged without their scheme.
  const target = splitTarget(/^[a-z]+:\/\//i.test(url) ? url : `${protocol === 'HTTP' ? 'http' : 'https'}://${url}`);
  const shared = {
    seenAt: timeOf(textAt(event, 'epochtime', 'datetime', 'time')), from: textAt(event, 'devicehostname', 'ClientIP', 'cip', 'clientpublicIP'),
    person: textAt(event, 'user', 'login'),
  };
  const method = textAt(event, 'requestmethod', 'reqmethod')?.toUpperCase();
  // What is not opened shows only its name.
  if (method === 'CONNECT' || protocol === 'SSL' || protocol === 'TUNNEL_SSL') {
    return { ...shared, by: 'tls', host: target.host, port: target.port, secure: true };
  }
  return {
    ...shared, by: 'http', ...target, method, status: numberAt(event, 'status', 'respcode'),
    agent: textAt(event, 'useragent', 'ua'), answered: textAt(event, 'contenttype'),
  };
}
