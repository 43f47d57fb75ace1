import { SallyportError } from '../../domain/errors.ts';
import type { Row, Rows } from '../../store/store.ts';
import { CONFIGURED, isConfigured, keyOf, type Configured, type State } from './state.ts';

/** The rows as they would be with another configuration, to read: whatever is no configuration is as it is. */
export function overlay(rows: Rows, state: State): Rows {
  return {
    ...rows,
    get: async (kind, space, id) => {
      if (!isConfigured(kind, id)) return rows.get(kind, space, id);
      const found = state.get(keyOf({ kind, space, id }));
      return found === undefined ? undefined : toRow(found);
    },
    list: async (kind, space) => {
      const kept = CONFIGURED.some((one) => one === kind) ? [] : (await rows.list(kind, space)).filter((row) => !isConfigured(kind, row.id));
      return [...kept, ...[...state.values()].filter((row) => row.kind === kind && (space === undefined || row.space === space)).map(toRow)];
    },
    put: readOnly, delete: readOnly,
  };
}

function toRow(row: Configured): Row {
  return { ...row, version: 0, updatedAt: 0, updatedBy: '' };
}

function readOnly(): never {
  throw new SallyportError('ERR_INTERNAL', 'what is only thought of is not written');
}
