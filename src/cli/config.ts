import { history } from './config/history.ts';
import { accept, restore } from './config/order.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('config', 'The configuration as signed versions: who changed what, when and why', { history, restore, accept });
