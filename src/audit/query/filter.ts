import type { FieldName } from './fields.ts';

export type NumberOperator = '=' | '<' | '<=' | '>' | '>=';

/** A condition on one field. Whatever a record does not have is not equal, not matched, not less and not more. */
export type Condition =
  /** Equal to one of them. */
  | { readonly kind: 'equal'; readonly field: FieldName; readonly values: readonly string[] }
  /** `*`: any number of characters, `?`: one. */
  | { readonly kind: 'glob'; readonly field: FieldName; readonly pattern: string }
  /** Times in epoch ms, ranks by their place. */
  | { readonly kind: 'number'; readonly field: FieldName; readonly operator: NumberOperator; readonly value: number }
  | { readonly kind: 'has'; readonly field: FieldName };

/** A filter as it was read. Negation is two-valued: what is not so is otherwise. */
export type Filter =
  | Condition
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter };

/** `day`, `hour`: of the record's time, UTC. */
export type Grouping = FieldName | 'day' | 'hour';

/** A whole question: which records, and whether they are shown or counted. */
export interface Question {
  readonly filter: Filter;
  /** Fields by whose values records are counted; empty: they are shown. */
  readonly countBy: readonly Grouping[];
}

/** True of every record. */
export const EVERYTHING: Filter = { kind: 'and', parts: [] };
