import { diff, status } from './config/compare.ts';
import { enforce } from './config/enforce.ts';
import { history } from './config/history.ts';
import { accept, restore } from './config/order.ts';
import { rollback, show, verify } from './config/versions.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('config', 'The configuration as signed versions: who changed what, when and why', {
  status, diff, history, show, rollback, verify, restore, accept, enforce,
});
