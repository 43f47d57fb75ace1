import { tellComplaints } from '../../domain/complaints.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Rows } from '../../store/store.ts';
import { confineRows } from '../admins/confine.ts';
import { rehearse } from '../change.ts';
import type { Change, Control } from '../control.ts';
import { readConfiguration } from '../snapshot/configuration.ts';
import { differencesBetween } from './differences.ts';
import { overlay } from './overlay.ts';
import { isMore, permitsBetween } from './permits.ts';
import { readState, type State } from './state.ts';

/** What a change would make of the configuration, in a transaction that is rolled back. */
export async function rehearsed(control: Control, act: (control: Control) => Promise<unknown>): Promise<{ readonly before: State; readonly after: State }> {
  let found: { readonly before: State; readonly after: State } | undefined;
  const change: Change = async (who, _what, work) => {
    const { result } = await rehearse(control.store, async (rows: Rows) => {
      const before = await readState(rows);
      const done = await work(confineRows(rows, who));
      found = { before, after: await readState(rows) };
      return done;
    }, control.now());
    return result;
  };
  await act({ ...control, change });
  if (found !== undefined) return found;
  const state = await readState(control.store);
  return { before: state, after: state };
}

/** Two states compared for people: what differs, and who can get through what afterwards that they could not before. */
export async function compareStates(control: Control, before: State, after: State): Promise<JsonObject> {
  const differences = differencesBetween(before, after);
  const now = control.now();
  const [old, then] = await Promise.all([before, after].map((state) => readConfiguration(overlay(control.store, state), now)));
  const permits = old === undefined || then === undefined ? [] : await permitsBetween(old, then, now, control.compiler.compiled).catch(sayWhy);
  return {
    differences: differences.map(({ parts, ...rest }): Json => ({ ...rest, parts: parts.map((part) => ({ ...part })) })),
    ...(permits === null ? { permits: null } : 'problem' in permits ? permits : { permits: permits.map((one): Json => ({ ...one, more: isMore(one) })) }),
  };
}

/** One of them may not compile, as an old version need not any more: then that is said, and the differences stand. */
function sayWhy(error: unknown): { readonly permits: null; readonly problem: string } {
  return { permits: null, problem: tellComplaints([error instanceof Error ? error.message : 'it does not compile'], (one) => one) };
}
