import { asked, shown } from './knowledge/show.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf(
  'knowledge', 'What ages: advisories, vendors\' endpoints, names of clients, ends of life, rules of discovery', { show: shown, ask: asked },
);
