import { acceptLog } from './audit/accept-log.ts';
import { activity } from './audit/activity.ts';
import { body } from './audit/body.ts';
import { bundle } from './audit/bundle.ts';
import { consistency } from './audit/consistency.ts';
import { erase } from './audit/erase.ts';
import { fsck } from './audit/fsck.ts';
import { hold } from './audit/hold.ts';
import { prove } from './audit/prove.ts';
import { query } from './audit/query.ts';
import { report } from './audit/report.ts';
import { reveal } from './audit/reveal.ts';
import { sessions } from './audit/sessions.ts';
import { show } from './audit/show.ts';
import { sinks } from './audit/sinks.ts';
import { tail } from './audit/tail.ts';
import { verifyBundle } from './audit/verify-bundle.ts';
import { verify } from './audit/verify.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('audit', 'Read the journal: what was asked, decided and done', {
  query, sessions, activity, show, report, tail, sinks, verify, prove, consistency, fsck, bundle, 'verify-bundle': verifyBundle, reveal, body, erase, hold,
    'accept-log': acceptLog,
});
