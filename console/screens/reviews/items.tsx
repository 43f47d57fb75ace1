import { useState } from 'react';
import type { ReactNode } from 'react';
import type { ReviewItem, ReviewItems } from '../../../src/control/reviews/answer.ts';
import { SEVERITIES } from '../../../src/domain/finding.ts';
import type { useAsk } from '../../api/ask.ts';
import { ActDialog } from '../../kit/act.tsx';
import { Badge, Severity, State } from '../../kit/badge.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import type { Choice } from '../../kit/field.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { deciding } from './decisions.ts';
import type { Decision } from './decisions.ts';
import { Item } from './item.tsx';

const COLUMNS: readonly Column<ReviewItem>[] = [
  { id: 'title', title: t('reviews.item'), width: 4, cell: ({ title }) => <Text value={title} line />, sort: ({ title }) => title },
  { id: 'severity', title: t('reviews.severity'), width: 'fit', cell: ({ severity }) => <Severity value={severity} />,
    sort: ({ severity }) => SEVERITIES.indexOf(severity) },
  { id: 'check', title: t('reviews.check'), cell: ({ check }) => check, sort: ({ check }) => check },
  { id: 'reviewers', title: t('reviews.reviewers'), cell: ({ reviewers }) => <Text value={reviewers.join(', ')} line /> },
  {
    id: 'state', title: t('reviews.state'), width: 'fit', sort: ({ state }) => state,
    cell: ({ state, outlier }) => <><State value={state} /> {outlier !== undefined && <Badge tone="held">{t('reviews.odd')}</Badge>}</>,
  },
];

const STATES = ['open', 'certified', 'revoked', 'changed', 'lapsed', 'unanswered'] as const;

/** Items, the gravest first; the keys answer the one that is meant. */
export function Items({ of, review = '' }: { readonly of: ReturnType<typeof useAsk<ReviewItems>>; readonly review?: string }): ReactNode {
  const [view, change] = useView({ q: '', state: '', severity: '', open: '' });
  const [doing, setDoing] = useState<{ readonly decision: Decision; readonly item: ReviewItem }>();
  const on = (decision: Decision) => (item: ReviewItem): void => {
    if (item.state === 'open') setDoing({ decision, item });
  };
  const isShown = ({ title, check, subject, state, severity }: ReviewItem): boolean => (view.state === '' || state === view.state)
    && (view.severity === '' || severity === view.severity) && `${title} ${check} ${subject.id}`.toLowerCase().includes(view.q.toLowerCase());
  return (
    <>
      <Filters view={view} onChange={change} text="q" choices={[
        { name: 'state', label: t('reviews.state'), choices: [['', t('reviews.any')], ...STATES.map((one): Choice => [one, t(`reviews.state-${one}`)])] },
        { name: 'severity', label: t('reviews.severity'), choices: [['', t('reviews.any')], ...SEVERITIES.toReversed().map((one): Choice => [one, one])] },
      ]} />
      <p className="quiet reviews-keys">{t('reviews.keys')}</p>
      <Asked of={of}>
        {({ items }) => {
          const opened = items.find(({ id }) => id === view.open);
          return (
            <Split side={opened === undefined ? undefined : (
              <Drawer title={t('reviews.item')} onClose={() => change({ open: '' })}>
                <Item key={opened.id} review={opened.review ?? review} item={opened} />
              </Drawer>
            )}>
              <Table label={t('reviews.items')} rows={items.filter(isShown)} columns={COLUMNS} id={({ id }) => id} openId={view.open}
                onOpen={({ id }) => change({ open: id })} keys={{ c: on('certify'), r: on('revoke'), x: on('change'), d: on('delegate') }}
                empty={<Empty title={t('reviews.noItems')} />} />
            </Split>
          );
        }}
      </Asked>
      {doing !== undefined && (
        <ActDialog {...deciding(doing.decision, doing.item.review ?? review, doing.item)} onClose={() => setDoing(undefined)} />
      )}
    </>
  );
}
