import { acceptLog } from './audit/accept-log.ts';
import { query } from './audit/query.ts';
import { tail } from './audit/tail.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('audit', 'Read the journal: what was asked, decided and done', { query, tail, 'accept-log': acceptLog });
