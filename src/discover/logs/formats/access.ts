import { said, splitHost, splitTarget } from '../traffic.ts';
import type { LogFormat, Traffic } from '../traffic.ts';
import { timeOf } from './record.ts';
import { patternFormat } from './text.ts';

/** `combined` of nginx and Apache; before it the name of the virtual host, after it whatever was added. */
const COMBINED = /^(?:([\w.-]+(?::\d+)?) )?([\da-fA-F.:]+|[\w.-]+) \S+ (\S+) \[([^\]]+)\] "(?:([A-Z]+) ([^" ]+)(?: [^"]*)?|[^"]*)" (\d{3}) (?:\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?(.*)$/;

/** Envoy's default: `[start] "method path protocol" code flags received sent duration upstream "for" "agent" "id" "authority" "upstream"`. */
const ENVOY = /^\[([^\]]+)\] "([A-Z]+|-) (\S+) [^"]*" (\d+) .*?"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)" "[^"]*" "([^"]*)" "([^"]*)"/;

/** nginx; its `combined` names no host, which is then that of the log's own server. */
export const nginx: LogFormat = patternFormat({ id: 'nginx', line: COMBINED, read: combined });

export const envoy: LogFormat = patternFormat({ id: 'envoy', line: ENVOY, read: ofEnvoy });

function combined(match: RegExpExecArray): Traffic | 'other' {
  const [, virtual, from, person, time = '', method, target = '', status, , agent, rest = ''] = match;
  // Whatever was no request (a handshake at a plain port) asked nothing.
  if (method === undefined) return 'other';
  if (method === 'CONNECT') return { by: 'tls', seenAt: timeOfCombined(time), from, person: said(person), ...splitHost(target), secure: true };
  const named = virtual === undefined ? {} : splitHost(virtual);
  return {
    by: 'http', seenAt: timeOfCombined(time), from, person: said(person), ...named, ...splitTarget(target), method, status: Number(status), agent: said(agent),
    headers: added(rest),
  };
}

const HEADER = /\b(mcp-(?:method|name|protocol-version|session-id))[=:]"?([^"\s]+)/gi;

/** Formats that log headers of the protocol name them: `mcp-method=tools/call`. */
function added(rest: string): Readonly<Record<string, string>> | undefined {
  const found = [...rest.matchAll(HEADER)].filter(([, , value]) => said(value) !== undefined)
    .map(([, name = '', value = '']) => [name.toLowerCase(),
    value] as const);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `23/Nov/2026:10:00:00 +0100`. */
function timeOfCombined(text: string): number {
  const match = /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)$/.exec(text);
  const month = MONTHS.indexOf((match?.[2] ?? '').toLowerCase()) + 1;
  return match === null ? 0 : timeOf(`${match[3]}-${String(month).padStart(2, '0')}-${match[1]}T${match[4]}${match[5]}:${match[6]}`);
}

function ofEnvoy(match: RegExpExecArray): Traffic | 'other' {
  const [, time = '', method, target = '', status, from = '', agent, authority = ''] = match;
  if (method === '-') return 'other';
  return {
    by: 'http', seenAt: timeOf(time), from: said(from.split(',')[0]?.trim()), method, ...splitTarget(target),
    ...(said(authority) === undefined ? {} : splitHost(authority)), status: Number(status), agent: said(agent),
  };
}
