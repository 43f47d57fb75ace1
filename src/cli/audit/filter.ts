import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { number, text } from '../json-view.ts';
import { plain, time } from '../terminal.ts';
import type { Call } from '../verbs.ts';

/** The fields by which records are picked, and an option for each. */
export const FIELDS = ['category', 'event', 'exchange', 'principal', 'agent', 'server', 'tool'] as const;
export const FILTER = Object.fromEntries(FIELDS.map((name) => [name, { type: 'string' as const }]));

export function readFilter({ options }: Call): Readonly<Record<string, string>> {
  return Object.fromEntries(FIELDS.flatMap((name) => {
    const value = options.text(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/** One record as a row: when, event, who, agent, server, tool, why, exchange. */
export function cells(record: JsonObject): readonly string[] {
  return [
    time(number(record['at'])), text(record['event']), text(record['principal']), text(record['agent']), text(record['server']),
    text(record['tool'] ?? record['method'] ?? record['action']),
    [text(record['code']), text(record['policies']), text(record['reason'])].filter((one) => one !== '').join('; '), text(record['exchange']),
  ];
}

export function line(record: Json): string {
  return isObject(record) ? plain(cells(record).filter((cell) => cell !== '').join('  ')) : '';
}
