import { compareDetection } from '../../detect/edition/compare.ts';
import type { DetectionDifference } from '../../detect/edition/compare.ts';
import { checkDetection } from '../../detect/edition/kit.ts';
import type { Detection } from '../../detect/edition/kit.ts';
import { compareTables } from '../../knowledge/compare.ts';
import type { TableDifference } from '../../knowledge/compare.ts';
import type { Tables } from '../../knowledge/shape.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { readBundleFile } from './bundle-file.ts';
import { currentTables, wholeTables } from './current.ts';

export const shown: Verb = {
  usage: 'show',
  run: async ({ io, options, client }) => {
    const { tables: { sequence, issuedAt, advisories, vendorEndpoints, clientNames, endOfLife, discovery }, from } = await currentTables(client);
    const counts = {
      advisories: advisories.length, vendorEndpoints: vendorEndpoints.length, clientNames: clientNames.length,
      revisions: endOfLife.revisions.length, deprecated: endOfLife.deprecated.length, markers: discovery.markers.length,
    };
    show(io, options.json, { from, sequence, issuedAt, counts }, () => table(['what', 'holds'], [
      ['edition', `${sequence}, of ${issuedAt}`], ['from', from === 'gate' ? 'the gate' : 'this program: no gate was asked'], ...Object.entries(counts),
    ]));
    return 0;
  },
};

const ROWS_MAX = 20;

export const diff: Verb = {
  usage: `diff FILE
          what importing a bundle would change; whose it is, is checked when it is imported. Exit code 1: something would`,
  run: async ({ io, options, client, need }) => {
    const { tables: before } = await wholeTables(client);
    const { tables: after } = await readBundleFile(io, need(0, 'the bundle'));
    const differences = [...compareTables(before, after), ...compareDetection(detectionOf(before), detectionOf(after))];
    const found = differences.map((one) => ({ ...one, added: [...one.added], changed: [...one.changed], removed: [...one.removed] }));
    const answer = { from: before.sequence, to: after.sequence, differences: found };
    show(io, options.json, answer, () => `edition ${before.sequence} → ${after.sequence}\n${describe(differences)}`);
    return differences.length === 0 ? 0 : 1;
  },
};

function detectionOf({ detection }: Tables): Detection | undefined {
  return detection === undefined ? undefined : checkDetection(detection);
}

function describe(differences: readonly (TableDifference | DetectionDifference)[]): string {
  return table(['table', 'added', 'changed', 'removed'], differences.map((one) => [one.table, some(one.added), some(one.changed), some(one.removed)]));
}

function some(rows: readonly string[]): string {
  const more = rows.length > ROWS_MAX ? [`and ${rows.length - ROWS_MAX} more`] : [];
  return [...rows.slice(0, ROWS_MAX), ...more].join('\n');
}

export const history: Verb = {
  usage: 'history',
  run: async ({ io, options, client }) => {
    const answer = await client.get('/knowledge/versions');
    const rows = objects(part(answer, 'versions')).map((one) => [
      text(one['number']), text(one['sequence']), text(one['from']), text(one['signers']), text(one['by']), time(number(one['at'])), text(one['advisories']),
    ]);
    show(io, options.json, answer, () => table(['version', 'edition', 'from', 'signed by', 'imported by', 'when', 'advisories'], rows));
    return 0;
  },
};
