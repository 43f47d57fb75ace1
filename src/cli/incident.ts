import { blast } from './incident/blast.ts';
import { close, note, open, owner, recover, reopen } from './incident/change.ts';
import { contain, containments, lift } from './incident/contain.ts';
import { list } from './incident/list.ts';
import { metrics } from './incident/metrics.ts';
import { playbook } from './incident/playbook.ts';
import { rules } from './incident/rules.ts';
import { show } from './incident/show.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('incident', 'What looks wrong, put together: see it, say what it was, and what it touched', {
  list, show, open, note, owner, recover, close, reopen, blast, metrics, rules, contain, lift, containments,
  playbook,
});
