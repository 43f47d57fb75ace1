import { createHash } from 'node:crypto';
import type { Json } from '../../domain/json.ts';
import type { Kind, Rows } from '../../store/store.ts';

/**
 * Kinds of rows that are the configuration: what is declared, what was approved, who may do what. All of them change by
 * `control.change` alone, which signs each change; what else is stored is what happens while it runs.
 */
export const CONFIGURED = [
  'server', 'baseline', 'toolset', 'role', 'binding', 'policy', 'exception', 'agent', 'admin', 'custodian', 'scim-token', 'client', 'token',
  'listing', 'vendor', 'disclosure', 'playbook', 'vendor-permission',
] as const satisfies readonly Kind[];

/** Settings that are; kill switches stand outside (they take away, at once), and what control derives by itself does. */
const CONFIGURED_SETTINGS: readonly string[] = [
  'network', 'identity', 'limits', 'audit', 'telemetry', 'approvals', 'detect', 'flow', 'classification', 'defaults', 'vault', 'administration',
  'issuer', 'presence', 'backup', 'packages', 'runner', 'registry', 'knowledge', 'notify', 'schedule', 'reviews',
];

export function isConfigured(kind: Kind, id: string): boolean {
  return kind === 'setting' ? CONFIGURED_SETTINGS.includes(id) : CONFIGURED.some((one) => one === kind);
}

/** One row of the configuration. */
export interface Configured {
  readonly kind: Kind;
  readonly space: string;
  readonly id: string;
  readonly body: Json;
}

/** The configuration of all spaces at one moment, by `keyOf`, in the order of the keys. */
export type State = ReadonlyMap<string, Configured>;

export function keyOf({ kind, space, id }: Pick<Configured, 'kind' | 'space' | 'id'>): string {
  return `${kind}\0${space}\0${id}`;
}

export async function readState(rows: Rows): Promise<State> {
  const found: Configured[] = [];
  for (const kind of CONFIGURED) found.push(...await rows.list(kind));
  found.push(...(await rows.list('setting')).filter(({ id }) => CONFIGURED_SETTINGS.includes(id)));
  return stateOf(found.map(({ kind, space, id, body }) => ({ kind, space, id, body })));
}

export function stateOf(rows: readonly Configured[]): State {
  return new Map(rows.map((row) => [keyOf(row), row] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** SHA-256 (hex) of the whole: equal exactly when every row is. */
export function rootOf(state: State): string {
  const hash = createHash('sha256');
  for (const [key, { body }] of state) {
    const text = JSON.stringify(body);
    // Lengths first: no two states run into one another.
    hash.update(`${key.length}:${text.length}:${key}${text}`);
  }
  return hash.digest('hex');
}

/** One row that is another, or not there, afterwards. Null: it is gone. */
export interface RowChange extends Omit<Configured, 'body'> {
  readonly body: Json | null;
}

export function changesBetween(before: State, after: State): readonly RowChange[] {
  const changed = [...after].filter(([key, row]) => !isSame(before.get(key), row)).map(([, row]) => row);
  const gone = [...before].filter(([key]) => !after.has(key)).map(([, { kind, space, id }]) => ({ kind, space, id, body: null }));
  return [...changed, ...gone];
}

/** What `changes` make of a state. */
export function applyChanges(state: State, changes: readonly RowChange[]): State {
  const next = new Map(state);
  for (const { body, ...row } of changes) {
    if (body === null) next.delete(keyOf(row));
    else next.set(keyOf(row), { ...row, body });
  }
  return stateOf([...next.values()]);
}

/** By their texts: a digit more or less in a number is another row. */
function isSame(before: Configured | undefined, after: Configured): boolean {
  return before !== undefined && JSON.stringify(before.body) === JSON.stringify(after.body);
}
