import { bundled, imported, rollback } from './knowledge/change.ts';
import { listed } from './knowledge/list.ts';
import { diff, history, shown } from './knowledge/show.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf(
  'knowledge', 'What ages: advisories, vendors\' endpoints, names of clients, ends of life, rules of discovery',
  { show: shown, list: listed, diff, import: imported, history, rollback, bundle: bundled },
);
