import type { JsonObject } from '../../../domain/json.ts';
import { splitHost, splitTarget } from '../traffic.ts';
import type { LogFormat, Traffic } from '../traffic.ts';
import { firstRecord, jsonReader, numberAt, textAt, timeOf } from './record.ts';

/** Logpush of Cloudflare Gateway: `gateway_http`, `gateway_dns`, `gateway_network`, by the columns that each has. */
export const cloudflare: LogFormat = {
  id: 'cloudflare',
  reader: (first) => {
    const record = firstRecord(first);
    if (record === undefined) return undefined;
    const isGateway = ['HTTPHost', 'QueryName', 'SNI', 'HTTPMethod'].some((name) => record[name] !== undefined);
    return isGateway ? jsonReader(trafficOf) : undefined;
  },
};

function trafficOf(record: JsonObject): Traffic | undefined {
  const shared = {
    seenAt: timeOf(textAt(record, 'Datetime')), from: textAt(record, 'DeviceName', 'SourceIP', 'SrcIP', 'SourceInternalIP'), person: textAt(record, 'Email'),
  };
  const question = textAt(record, 'QueryName');
  if (question !== undefined) return { ...shared, by: 'dns', host: question.replace(/\.$/, '') };
  const url = textAt(record, 'URL');
  if (url !== undefined || record['HTTPMethod'] !== undefined) {
    const host = textAt(record, 'HTTPHost');
    return {
      ...shared, by: 'http', ...(host === undefined ? {} : splitHost(host)), secure: true, ...splitTarget(url ?? '/'), method: textAt(record, 'HTTPMethod'),
      status: numberAt(record, 'HTTPStatusCode'), agent: textAt(record, 'UserAgent'),
    };
  }
  const name = textAt(record, 'SNI');
  return name === undefined ? undefined : { ...shared, by: 'tls', host: name, port: numberAt(record, 'DestinationPort'), secure: true };
}
