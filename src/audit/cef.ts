import { isIPv4, isIPv6 } from 'node:net';
import type { Severity } from '../domain/finding.ts';
import type { Json } from '../domain/json.ts';
import type { JournalRecord } from '../domain/record.ts';
import type { Entry } from './entry.ts';
import { severityOf } from './ocsf/finding.ts';
import { variantOf } from './ocsf/mappings.ts';
import { soundOf } from './ocsf/sound.ts';
import type { LogSource } from './ocsf/to-ocsf.ts';

const SEVERITY = { info: 1, low: 3, medium: 5, high: 8, critical: 10 } as const satisfies Record<Severity, number>;

/** The most characters that a key of the dictionary takes; the rest take what a custom string does. */
const CHARS_MAX: Readonly<Record<string, number>> = { act: 63, cat: 1023, dvchost: 100, externalId: 40, msg: 1023, reason: 1023, request: 1023, suser: 1023 };
const CUSTOM_CHARS_MAX = 4000;

/** What is no text: line ends are escaped where the format can, the rest would let a name write a second event or steer a terminal. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F\u2028\u2029]/g;

/**
 * One entry of the journal as one line of Common Event Format, version 0: seven header fields and an extension of keys of
 * the dictionary, with what has no key of its own in `cs1` to `cs6` and `cn1` to `cn3` under labels. Pure; no newline.
 */
export function toCef(entry: Entry, source: LogSource): string {
  const { record } = soundOf(entry.record);
  const variant = variantOf(record);
  const severity = SEVERITY[severityOf(variant.severity, record.findings)];
  const header = ['CEF:0', 'Sallyport', 'Sallyport', source.version, record.event, variant.says, String(severity)].map(escapeHeader).join('|');
  const fields = { ...plainOf(record), act: variant.verdict, outcome: variant.outcome, msg: variant.says, ...customOf({ ...entry, record }, source) };
  return `${header}|${extensionOf(fields)}`;
}

function plainOf(record: JournalRecord): Readonly<Record<string, string | number | undefined>> {
  const { id, at, category, node, principal, agent, server, address = '', route, method, code, reason, latencyMs } = record;
  return {
    rt: at, start: latencyMs === undefined ? undefined : Math.round(at - latencyMs), end: latencyMs === undefined ? undefined : at,
    externalId: id, cat: category, dvchost: node, app: method === undefined ? undefined : 'MCP', suser: principal, sourceServiceName: agent,
    destinationServiceName: server, requestMethod: method, request: route,
    src: isIPv4(address) ? address : undefined,
    ...(isIPv6(address) ? { c6a2: address, c6a2Label: 'Source IPv6 Address' } : {}),
    reason: [code, reason].filter((part) => part !== undefined).join(': '),
  };
}

function customOf({ position, record }: Entry, { origin }: LogSource): Readonly<Record<string, string | number | undefined>> {
  const { tool, context, exchange, policies, findings = [], definition, sizeBytes, latencyMs, action, snapshot, detail } = record;
  return {
    ...labelled('cs1', 'tool', tool), ...labelled('cs2', 'flowContext', context), ...labelled('cs3', 'exchange', exchange),
    ...labelled('cs4', 'policies', policies?.join(',')), ...labelled('cs5', 'findings', findings.map(({ detector, rule }) => `${detector}/${rule}`).join(',')),
    ...labelled('cs6', 'detail', detailText(detail)), ...labelled('cn1', 'position', position), ...labelled('cn2', 'sizeBytes', sizeBytes),
    ...labelled('cn3', 'snapshot', snapshot), ...labelled('flexString1', 'log', origin), ...labelled('flexString2', 'action', action),
    ...labelled('flexNumber1', 'latencyMs', latencyMs === undefined ? undefined : Math.round(latencyMs)),
    sallyportDefinition: definition,
  };
}

function detailText(detail: Json | undefined): string | undefined {
  return detail === undefined ? undefined : JSON.stringify(detail);
}

function labelled(key: string, label: string, value: string | number | undefined): Readonly<Record<string, string | number>> {
  return value === undefined || value === '' ? {} : { [key]: value, [`${key}Label`]: label };
}

function extensionOf(fields: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(fields)
    .flatMap(([key, value]) => (value === undefined || value === '' ? [] : [`${key}=${escapeValue(cut(String(value), CHARS_MAX[key] ?? CUSTOM_CHARS_MAX))}`]))
    .join(' ');
}

/** Cut between characters, never inside one. */
function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : text.slice(0, charsMax).replace(/[\uD800-\uDBFF]$/, '');
}

/** A header has no line ends at all. */
function escapeHeader(text: string): string {
  return text.replace(/[\r\n]/g, ' ').replace(CONTROLS, ' ').replace(/[\\|]/g, '\\$&');
}

function escapeValue(text: string): string {
  return text.replace(CONTROLS, ' ').replace(/[\\=]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
