import { audit } from './config/audit.ts';
import { baseline } from './config/baseline.ts';
import { diff, status } from './config/compare.ts';
import { enforce } from './config/enforce.ts';
import { exec } from './config/exec.ts';
import { history } from './config/history.ts';
import { accept, restore } from './config/order.ts';
import { seal } from './config/seal.ts';
import { unseal } from './config/unseal.ts';
import { rollback, show, verify } from './config/versions.ts';
import { watch } from './config/watch.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('config', 'The configuration as signed versions; and the files of clients: sealed, watched, enforced', {
  status, diff, history, show, rollback, verify, restore, accept, audit, seal, unseal, exec, baseline, watch, enforce,
});
