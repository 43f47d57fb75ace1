import { certify, change, delegate, revoke } from './review/answer.ts';
import { close, open, remind, verify } from './review/campaign.ts';
import { items, list, mine, show, suggest } from './review/look.ts';
import { evidence, report } from './review/report.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('review', 'Reviews of access and of what ages: what is asked of whom, the answers, and the evidence', {
  list, open, show, items, mine, suggest, certify, revoke, change, delegate, remind, verify, close, report, evidence,
});
