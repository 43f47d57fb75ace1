import type { Advisory, Tables } from './shape.ts';

/** What differs in one table, by what its rows are known by. */
export interface TableDifference {
  readonly table: 'advisories' | 'vendorEndpoints' | 'clientNames' | 'endOfLife' | 'discovery';
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** In what two editions differ; tables that are alike are left out. */
export function compareTables(before: Tables, after: Tables): readonly TableDifference[] {
  const found = [
    difference('advisories', before.advisories.map(byId), after.advisories.map(byId)),
    difference('vendorEndpoints', before.vendorEndpoints.map((one) => [one.url, one]), after.vendorEndpoints.map((one) => [one.url, one])),
    difference('clientNames', before.clientNames.map((one) => [one.name, one]), after.clientNames.map((one) => [one.name, one])),
    difference('endOfLife', Object.entries(before.endOfLife), Object.entries(after.endOfLife)),
    difference('discovery', Object.entries(before.discovery), Object.entries(after.discovery)),
  ];
  return found.filter(({ added, changed, removed }) => added.length + changed.length + removed.length > 0);
}

type Rows = readonly (readonly [string, unknown])[];

function byId(advisory: Advisory): readonly [string, Advisory] {
  return [advisory.id, advisory];
}

function difference(table: TableDifference['table'], before: Rows, after: Rows): TableDifference {
  const [old, now] = [new Map(before), new Map(after)];
  return {
    table,
    added: [...now.keys()].filter((key) => !old.has(key)),
    changed: [...now].filter(([key, value]) => old.has(key) && JSON.stringify(old.get(key)) !== JSON.stringify(value)).map(([key]) => key),
    removed: [...old.keys()].filter((key) => !now.has(key)),
  };
}

/** Advisories put into others: of one id the one that was changed last. In order of id. */
export function mergeAdvisories(into: readonly Advisory[], given: readonly Advisory[]): readonly Advisory[] {
  const merged = new Map(into.map(byId));
  for (const advisory of given) {
    const known = merged.get(advisory.id);
    if (known === undefined || Date.parse(known.modified) <= Date.parse(advisory.modified)) merged.set(advisory.id, advisory);
  }
  return [...merged.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
}
