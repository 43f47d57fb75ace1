import type { ReviewItem } from '../../../src/control/reviews/answer.ts';
import { pathOf } from '../../api/client.ts';
import type { ActProps, Asks } from '../../kit/act.tsx';
import { t } from '../../texts/t.ts';

export const DECISIONS = ['certify', 'revoke', 'change', 'delegate'] as const;
export type Decision = (typeof DECISIONS)[number];

/** An answer to an item, as a button or a key opens it. */
export function deciding(decision: Decision, review: string, item: Pick<ReviewItem, 'id' | 'revoke' | 'change'>): ActProps<unknown> {
  const labels = { certify: t('reviews.certify'), revoke: t('reviews.revoke'), change: t('reviews.change'), delegate: t('reviews.delegate') } as const;
  const tones = { certify: 'primary', revoke: 'danger', change: 'plain', delegate: 'plain' } as const;
  const to: readonly Asks[] = decision === 'delegate' ? [{ name: 'to', label: t('reviews.to'), hint: t('reviews.toHint'), required: true }] : [];
  return {
    label: labels[decision], says: saysOf(decision, item), needs: 'self', tone: tones[decision], method: 'POST', path: pathOf`/reviews/${review}/decisions`,
    asks: [...to, { name: 'reason', label: t('kit.reason'), required: true }],
    body: (values) => ({ items: [item.id], decision, reason: values['reason'], ...(decision === 'delegate' ? { to: values['to'] } : {}) }),
    command: (values) => [
      'review', decision, review, item.id, '--reason', values['reason'] ?? '', ...(decision === 'delegate' ? ['--to', values['to'] ?? ''] : []),
    ],
  };
}

function saysOf(decision: Decision, { revoke, change }: Pick<ReviewItem, 'revoke' | 'change'>): string {
  if (decision === 'certify') return t('reviews.certifySays');
  if (decision === 'delegate') return t('reviews.delegateSays');
  const kind = decision === 'revoke' ? revoke.kind : change?.kind ?? 'task';
  return kind === 'task' ? t('reviews.taskSays') : t('reviews.doneSays');
}
