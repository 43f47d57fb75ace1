import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ReviewItems, ReviewRow } from '../../../src/control/reviews/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { Asked, Facts, Page, Panel } from '../../kit/page.tsx';
import { Bar } from '../../kit/pictures.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';
import { Downloads } from './downloads.tsx';
import { Items } from './items.tsx';
import './reviews.css';

const TONES = { open: 'info', certified: 'good', revoked: 'bad', changed: 'held', lapsed: 'bad', unanswered: 'neutral' } as const;
const STATES = ['open', 'certified', 'revoked', 'changed', 'lapsed', 'unanswered'] as const;

/** One campaign: how far it is, every item, and what is left of it as a report and as evidence. */
export function ReviewPage(): ReactNode {
  const { id = '' } = useParams({ strict: false });
  const answer = useAsk<ReviewRow>(pathOf`/reviews/${id}`);
  return (
    <Page title={t('reviews.campaign')} lead={<To to="/reviews" search={{ tab: 'campaigns' }}>{t('reviews.toAll')}</To>}
      actions={answer.data?.state === 'open' ? <Verbs id={id} /> : undefined}>
      <Asked of={answer}>{(review) => <Whole review={review} />}</Asked>
    </Page>
  );
}

function Whole({ review }: { readonly review: ReviewRow }): ReactNode {
  const { id, title, state, openedAt, openedBy, dueAt, left, digest, closed, reminders } = review;
  const items = useAsk<ReviewItems>(pathOf`/reviews/${id}/items`, {}, { when: closed === undefined });
  const count = (some: string): number => closed?.states[some] ?? items.data?.items.filter((one) => one.state === some).length ?? 0;
  return (
    <>
      <Panel title={t('kit.details')}>
        <h3><Text value={title} /> <State value={state} /></h3>
        <Bar label={t('reviews.answers')} parts={STATES.map((one) => ({ name: t(`reviews.state-${one}`), count: count(one), tone: TONES[one] }))} />
        <Facts rows={[
          [t('reviews.opened'), <span key="o"><Moment at={openedAt} /> <Text value={openedBy} max={100} /></span>],
          [t('reviews.due'), <Moment key="d" at={dueAt} />],
          [t('reviews.reminded'), reminders.length === 0 ? undefined : <Moment key="r" at={reminders.at(-1)?.at} />],
          [t('reviews.left'), left === 0 ? undefined : left], [t('reviews.digest'), <Text key="g" value={digest} mono />],
          [t('reviews.closedAt'), closed === undefined ? undefined : <Moment key="c" at={closed.at} />],
        ]} />
        <Downloads review={review} />
      </Panel>
      {closed === undefined && <Items of={items} review={id} />}
    </>
  );
}

function Verbs({ id }: { readonly id: string }): ReactNode {
  const acting = { needs: 'change', method: 'POST' } as const;
  return (
    <>
      <Act {...acting} label={t('reviews.remind')} says={t('reviews.remindSays')} path={pathOf`/reviews/${id}/remind`}
        command={() => ['review', 'remind', id]} />
      <Act {...acting} label={t('reviews.verify')} says={t('reviews.verifySays')} path={pathOf`/reviews/${id}/verify`}
        command={() => ['review', 'verify', id]} />
      <Act {...acting} tone="primary" label={t('reviews.close')} says={t('reviews.closeSays')} path={pathOf`/reviews/${id}/close`}
        command={() => ['review', 'close', id]} />
    </>
  );
}
