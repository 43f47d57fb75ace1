import { create } from './backup/create.ts';
import { escrow } from './backup/escrow.ts';
import { list } from './backup/list.ts';
import { verify } from './backup/verify.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('backup', 'Encrypted copies of the whole installation, taken while it runs', { create, verify, list, escrow });
