import { acceptLog } from './audit/accept-log.ts';
import { body } from './audit/body.ts';
import { consistency } from './audit/consistency.ts';
import { erase } from './audit/erase.ts';
import { fsck } from './audit/fsck.ts';
import { hold } from './audit/hold.ts';
import { query } from './audit/query.ts';
import { reveal } from './audit/reveal.ts';
import { sessions } from './audit/sessions.ts';
import { show } from './audit/show.ts';
import { sinks } from './audit/sinks.ts';
import { tail } from './audit/tail.ts';
import { verify } from './audit/verify.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('audit', 'Read the journal: what was asked, decided and done', {
  query, sessions, show, tail, sinks, verify, consistency, fsck, reveal, body, erase, hold, 'accept-log': acceptLog,
});
