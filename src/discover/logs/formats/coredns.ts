import { said } from '../traffic.ts';
import type { LogFormat, Traffic } from '../traffic.ts';
import { timeOf } from './record.ts';
import { patternFormat } from './text.ts';

/** `[INFO] client:port - id "TYPE CLASS name. proto size do bufsize" RCODE flags size seconds`, after whatever stands before it. */
const LINE = /^(.*?)\[INFO\] (\S+):\d+ - \d+ "(\S+) IN (\S+) [^"]*" (\S+)/;

/** Lines of other plugins and of start and stop stand between questions. */
const OTHER = /^(?:.*?\[(?:INFO|WARNING|ERROR|FATAL)\] |\.:\d|[\w.:/-]+:\d+$|CoreDNS-|linux\/|$)/;

/** The plugin `log` of CoreDNS. */
export const coredns: LogFormat = patternFormat({ id: 'coredns', line: LINE, other: OTHER, read });

function read(match: RegExpExecArray): Traffic | 'other' {
  const [, before = '', from, , name = '', code] = match;
  // A name that nobody has is nobody's server.
  if (code === 'NXDOMAIN') return 'other';
  const seenAt = timeOf(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*/.exec(before)?.[0] ?? '');
  return { by: 'dns', seenAt, from: from?.replace(/^\[(.*)\]$/, '$1'), host: said(name.replace(/\.$/, '').toLowerCase()) };
}
