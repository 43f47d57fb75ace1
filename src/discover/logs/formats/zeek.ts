import type { JsonObject } from '../../../domain/json.ts';
import { said, splitHost } from '../traffic.ts';
import type { Era, LineReader, LogFormat, Traffic } from '../traffic.ts';
import { firstRecord, jsonReader, numberAt, textAt, textsAt, timeOf } from './record.ts';

/** Zeek's logs `http`, `ssl`, `dns`, `conn` and the `mcp` of deploy/ids, as JSON or as tab-separated values. */
export const zeek: LogFormat = {
  id: 'zeek',
  reader: (first) => {
    if (first[0]?.startsWith('#separator') === true) return separated(first);
    const record = firstRecord(first);
    if (record === undefined || record['ts'] === undefined || record['uid'] === undefined) return undefined;
    return jsonReader((line) => trafficOf(ofLine(line), line), ofLine(record) === 'conn' ? true : undefined);
  },
};

/** Columns without a value are left out of JSON, and one file may hold several logs: each line says anew what it is. */
function ofLine(line: JsonObject): ZeekPath {
  return pathOf((name) => line[name] !== undefined);
}

type ZeekPath = 'http' | 'ssl' | 'dns' | 'conn' | 'mcp' | 'other';

/** What a log is, by columns that only it has and always fills: the name of a file may be anything. */
function pathOf(has: (column: string) => boolean): ZeekPath {
  if (has('era') && has('mcp_method')) return 'mcp';
  if (has('trans_depth') || (has('method') && has('uri') && has('host'))) return 'http';
  if (has('established') || has('server_name') || has('cipher')) return 'ssl';
  if (has('rejected') || has('qtype_name') || has('query')) return 'dns';
  return has('conn_state') || has('missed_bytes') ? 'conn' : 'other';
}

interface Shared {
  readonly seenAt: number;
  readonly from: string | undefined;
  readonly port: number | undefined;
  readonly addresses: readonly string[] | undefined;
}

const BY_PATH: Readonly<Record<Exclude<ZeekPath, 'other'>, (line: JsonObject, shared: Shared) => Traffic>> = {
  http: (line, shared) => ({
    ...shared, by: 'http', ...hostOf(textAt(line, 'host') ?? textAt(line, 'id.resp_h'), shared.port), secure: false, method: textAt(line, 'method'),
    path: textAt(line, 'uri'), status: numberAt(line, 'status_code'), agent: textAt(line, 'user_agent'), person: textAt(line, 'username'),
    answered: textsAt(line, 'resp_mime_types')[0],
  }),
  ssl: (line, shared) => ({ ...shared, by: 'tls', host: textAt(line, 'server_name'), secure: true }),
  dns: (line, { seenAt, from }) => ({
    // A name that nobody has is nobody's server.
    by: 'dns', seenAt, from, host: textAt(line, 'rcode_name') === 'NXDOMAIN' ? undefined : textAt(line, 'query'), addresses: textsAt(line, 'answers'),
  }),
  conn: (line, shared) => ({ ...shared, by: 'connection', bytes: (numberAt(line, 'orig_bytes') ?? 0) + (numberAt(line, 'resp_bytes') ?? 0) }),
  mcp: (line, shared) => ({
    ...shared, by: 'http', ...hostOf(textAt(line, 'host') ?? textAt(line, 'id.resp_h'), shared.port), secure: false, path: textAt(line, 'uri'),
    method: 'POST', era: eraOf(textAt(line, 'era')), agent: textAt(line, 'user_agent'),
  }),
};

function trafficOf(path: ZeekPath, line: JsonObject): Traffic | 'other' {
  if (path === 'other') return 'other';
  return BY_PATH[path](line, {
    seenAt: timeOf(textAt(line, 'ts')), from: textAt(line, 'id.orig_h'), port: numberAt(line, 'id.resp_p'), addresses: addressesOf(line),
  });
}

/** A host that names no port was asked at the port of the connection. */
function hostOf(authority: string | undefined, port: number | undefined): Pick<Traffic, 'host' | 'port'> {
  if (authority === undefined) return {};
  const named = splitHost(authority.includes('::') && !authority.startsWith('[') ? `[${authority}]` : authority);
  return { ...named, ...(named.port === undefined && port !== undefined ? { port } : {}) };
}

function addressesOf(line: JsonObject): readonly string[] | undefined {
  const address = textAt(line, 'id.resp_h');
  return address === undefined ? undefined : [address];
}

function eraOf(text: string | undefined): Era | undefined {
  return text === 'legacy' || text === 'modern' ? text : undefined;
}

/** `#fields` names the columns; they may differ from installation to installation. */
function separated(first: readonly string[]): LineReader | undefined {
  const separator = separatorOf(first[0] ?? '');
  let columns = columnsOf(first.find((line) => line.startsWith('#fields')) ?? '', separator);
  if (columns.length === 0) return undefined;
  const path = pathOf((name) => columns.includes(name));
  const isComment = (line: string): boolean => {
    // A log that was rotated by appending has its header again.
    if (line.startsWith('#fields')) columns = columnsOf(line, separator);
    return line === '' || line.startsWith('#');
  };
  return {
    read: (line) => {
      if (isComment(line)) return 'other';
      const values = line.split(separator);
      if (values.length !== columns.length) return 'broken';
      const entries = columns.map((name, at) => [name, LISTS.has(name) ? lists(values[at]) : (said(unescape(values[at] ?? '')) ?? '')] as const);
      return trafficOf(path, Object.fromEntries(entries));
    },
    isWhole: (line) => isComment(line) || count(line, separator) === columns.length - 1,
    ...(path === 'conn' ? { all: true } : {}),
  };
}

const LISTS: ReadonlySet<string> = new Set(['resp_mime_types', 'answers']);

function lists(value: string | undefined): readonly string[] {
  const text = said(value);
  return text === undefined ? [] : text.split(',').map(unescape);
}

/** `\x09` in the header is a tab; bytes that a value may not hold are written alike. */
function unescape(value: string): string {
  return value.replaceAll(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

function separatorOf(line: string): string {
  return unescape(line.slice('#separator'.length).trim()) || '\t';
}

function columnsOf(line: string, separator: string): readonly string[] {
  return line === '' ? [] : line.split(separator).slice(1);
}

function count(line: string, separator: string): number {
  let found = 0;
  for (let at = line.indexOf(separator); at >= 0; at = line.indexOf(separator, at + separator.length)) found += 1;
  return found;
}
