import type { ReactNode } from 'react';
import type { Need, Overview } from '../../../src/control/overview/answer.ts';
import { Badge, Severity } from '../../kit/badge.tsx';
import { Empty, Panel } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { placeOf, useGo } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';

const COLUMNS: readonly Column<Need>[] = [
  {
    id: 'what', title: t('overview.what'), width: 3,
    cell: ({ kind, what, severity }) => (
      <span className="overview-need">
        <Badge tone={kind === 'call' || kind === 'answer' ? 'held' : 'neutral'}>{t(`overview.need-${kind}`)}</Badge>
        {severity !== undefined && <Severity value={severity} />}
        <Text value={what.join(' → ')} max={160} line />
      </span>
    ),
  },
  // What ends is over then, whoever did nothing about it.
  { id: 'when', title: t('overview.when'), width: 'fit', cell: ({ at, until }) => (until === undefined ? <Time at={at} /> : <Ends at={until} />) },
];

/** What waits for a person, the most urgent first; a row opens where it is decided. */
export function Needs({ overview: { needs, needed } }: { readonly overview: Overview }): ReactNode {
  const go = useGo();
  const all = Object.values(needed).reduce((sum, count) => sum + count, 0);
  return (
    <div className="overview-needs">
      <Panel title={t('overview.needs')} flush actions={all > 0 && <Badge tone="held">{all.toLocaleString('en')}</Badge>}>
        <Table label={t('overview.needs')} rows={needs} columns={COLUMNS} id={({ kind, id }) => `${kind} ${id}`}
          onOpen={({ place }) => go(placeOf(place.screen, place.id))} empty={<Empty title={t('overview.noNeeds')}>{t('overview.noNeedsSays')}</Empty>} />
        {all > needs.length && <p className="overview-rest quiet">{t('overview.moreNeeds', { count: all - needs.length })}</p>}
      </Panel>
    </div>
  );
}

function Ends({ at }: { readonly at: number }): ReactNode {
  return <span className="overview-ends">{t('overview.ends')} <Time at={at} /></span>;
}
