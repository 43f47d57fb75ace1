import type { ReactNode } from 'react';
import type { VersionRow, Versions } from '../../../src/control/configuration/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { Badge } from '../../kit/badge.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';

const LIMIT = 500;

const COLUMNS: readonly Column<VersionRow>[] = [
  { id: 'number', title: t('configuration.version'), width: 'fit', cell: ({ number }) => number, sort: ({ number }) => number },
  {
    id: 'what', title: t('configuration.what'), width: 2, sort: ({ action }) => action,
    cell: ({ action, id, accepted, restores }) => (
      <>
        <Text value={`${action} ${id}`} mono line />
        {accepted === true && <> <Badge tone="bad">{t('configuration.accepted')}</Badge></>}
        {restores !== undefined && <> <Badge tone="held">{t('configuration.restores', { n: restores })}</Badge></>}
      </>
    ),
  },
  { id: 'who', title: t('configuration.by'), cell: ({ author }) => <Text value={author} line />, sort: ({ author }) => author },
  { id: 'why', title: t('configuration.why'), width: 2, cell: ({ reason }) => <Text value={reason} line /> },
  { id: 'approvers', title: t('configuration.approvers'), cell: ({ approvers }) => <Text value={approvers.join(', ')} line /> },
  { id: 'space', title: t('configuration.space'), width: 'fit', cell: ({ space }) => <Text value={space} line />, sort: ({ space }) => space },
  { id: 'changes', title: t('configuration.changes'), width: 'fit', align: 'right', cell: ({ changes }) => changes, sort: ({ changes }) => changes },
  { id: 'at', title: t('configuration.at'), width: 'fit', cell: ({ at }) => <Time at={at} />, sort: ({ at }) => at },
];

/** Every version, the newest first: who changed what, when and why. */
export function VersionList(): ReactNode {
  const [view, change] = useView({ q: '' });
  const answer = useAsk<Versions>('/configuration/versions', { limit: LIMIT }, { reach: 'organisation' });
  const go = useGo();
  return (
    <>
      <Filters view={view} onChange={change} text="q" />
      <Asked of={answer}>
        {({ versions }) => (
          <Table label={t('configuration.versions')} rows={versions.filter((one) => isFound(one, view.q))} columns={COLUMNS}
            id={({ number }) => String(number)} onOpen={({ number }) => go(`/configuration/${number}`)}
            empty={<Empty title={t('configuration.none')}>{t('configuration.noneSays')}</Empty>} />
        )}
      </Asked>
    </>
  );
}

function isFound({ number, action, id, author, reason, space }: VersionRow, typed: string): boolean {
  return [number, action, id, author, reason, space].join(' ').toLowerCase().includes(typed.toLowerCase());
}
