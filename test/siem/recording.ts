import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../../src/audit/entry.ts';
import { toOcsf } from '../../src/audit/ocsf/to-ocsf.ts';
import { listSegments } from '../../src/audit/segments.ts';
import type { JsonObject } from '../../src/domain/json.ts';

/** What a gate recorded, as its SIEM gets it: every record of its ledger's files from a position on, as OCSF events. */
export function recorded(home: string, from = 0): readonly JsonObject[] {
  const folder = join(home, 'ledger');
  if (!existsSync(folder)) return [];
  const lines = listSegments(folder).flatMap(({ file }) => readFileSync(file, 'utf8').split('\n'));
  return lines.flatMap((line) => {
    const entry = readLine(line);
    return entry === undefined || entry.position < from ? [] : [toOcsf(entry, { origin: 'siem.test/ledger', version: '0.0.0' })];
  });
}

function readLine(line: string): Entry | undefined {
  if (!line.includes('"record":')) return undefined;
  try {
    const entry: Entry = JSON.parse(line);
    return entry;
  } catch {
    return undefined;
  }
}
