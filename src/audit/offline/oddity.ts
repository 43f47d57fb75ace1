/**
 * `torn`: a write that a crash cut short. `missing`: something that should be there. `orphan`: something that nothing needs.
 * `foreign`: a file that is none of ours. `broken`: a file of ours that has not its form. `unfinished`: work that the next start
 * of the ledger does. `exposed`: a secret that others than its owner may read.
 */
export type OddityKind = 'torn' | 'missing' | 'orphan' | 'foreign' | 'broken' | 'unfinished' | 'exposed';

export interface Oddity {
  readonly kind: OddityKind;
  readonly file: string;
  readonly offset?: number;
  readonly position?: number;
  readonly what: string;
}

export type Note = (kind: OddityKind, file: string, what: string, at?: Pick<Oddity, 'offset' | 'position'>) => void;
