import type { JsonObject } from '../domain/json.ts';

/** A control that a red team tries: what its acting is seen by in records, and how it is switched off for a trial. */
export interface Control {
  readonly id: string;
  readonly title: string;
  /**
   * Words of records that say that it acted: findings (`egress/sink`), policies (`default/rule-of-two`), error codes, events of records.
   * A trailing `*` stands for the rest.
   */
  readonly shows: readonly string[];
  readonly off: Off;
}

/**
 * `manifest`: keys of sallyport.yaml, merged over the configuration under test. `operator`: an administrator who approves whatever a server
 * says, before and during the attack. `permits`: a policy that permits everything. `code`: no configuration turns it off; the nightly
 * switches of test/faults do.
 */
export type Off =
  | { readonly by: 'manifest'; readonly patch: JsonObject }
  | { readonly by: 'operator' }
  | { readonly by: 'permits' }
  | { readonly by: 'code' };

/** Whether a record that says this shows that the control acted. */
export function showsOf({ shows }: Control, said: ReadonlySet<string>): readonly string[] {
  return [...said].filter((word) => shows.some((shown) => (shown.endsWith('*') ? word.startsWith(shown.slice(0, -1)) : word === shown)));
}
