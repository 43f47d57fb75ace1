import { said, splitHost, splitTarget } from '../traffic.ts';
import type { LogFormat, Traffic } from '../traffic.ts';
import { timeOf } from './record.ts';
import { patternFormat } from './text.ts';

/** Squid's own format: `time elapsed client code/status bytes method URL user hierarchy/peer type`. */
const LINE = /^\s*(\d+\.\d+)\s+\d+\s+(\S+)\s+([A-Z_]+)\/(\d+)\s+\d+\s+([A-Z-]+)\s+(\S+)\s+(\S+)\s+\S+\s+(\S+)/;

export const squid: LogFormat = patternFormat({ id: 'squid', line: LINE, read });

function read(match: RegExpExecArray): Traffic {
  const [, at, from, , status, method, target = '', person, answered] = match;
  const shared = { seenAt: timeOf(at), from, person: said(person), status: Number(status) };
  // A tunnel shows only where it leads.
  if (method === 'CONNECT') return { ...shared, by: 'tls', ...splitHost(target), secure: true };
  return { ...shared, by: 'http', method, ...splitTarget(target), answered: said(answered) };
}
