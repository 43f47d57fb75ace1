import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { AssetRow, Assets } from '../../../src/control/inventory/answer.ts';
import { ASSET_KINDS } from '../../../src/domain/observation.ts';
import { useMay } from '../../api/me.ts';
import { ActDialog } from '../../kit/act.tsx';
import { Badge, State } from '../../kit/badge.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Filters } from '../../kit/filters.tsx';
import type { Choice } from '../../kit/field.tsx';
import { Asked, Empty } from '../../kit/page.tsx';
import { Bar } from '../../kit/pictures.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';
import { Asset } from './asset.tsx';
import { ignoring } from './ignoring.ts';

/** The worst first, as one looks at them. */
const STATUSES = ['rogue', 'bypassing', 'orphaned', 'stale', 'sanctioned'] as const;
const TONES = { rogue: 'bad', bypassing: 'bad', orphaned: 'held', stale: 'neutral', sanctioned: 'good' } as const;

/** What nobody wants to hear of stands below everything else. */
const IGNORED_RANK = 10;

const COLUMNS: readonly Column<AssetRow>[] = [
  { id: 'name', title: t('inventory.asset'), width: 2, cell: ({ name }) => <Text value={name} line />, sort: ({ name }) => name },
  { id: 'kind', title: t('inventory.kind'), width: 'fit', cell: ({ kind }) => tWord('asset', kind), sort: ({ kind }) => kind },
  {
    id: 'status', title: t('inventory.status'), width: 'fit', sort: ({ status }) => (status === undefined ? STATUSES.length : STATUSES.indexOf(status)),
    cell: ({ status, ignored }) => <>{status !== undefined && <State value={status} />} {ignored !== undefined && <Badge>{t('inventory.ignored')}</Badge>}</>,
  },
  {
    id: 'risks', title: t('inventory.risks'), sort: ({ risks }) => risks.length,
    cell: ({ risks }) => <Text value={risks.map((one) => tWord('risk', one)).join(', ')} line />,
  },
  { id: 'places', title: t('inventory.places'), width: 2, cell: ({ places }) => <Text value={places.join(', ')} mono line /> },
  { id: 'sure', title: t('inventory.sure'), width: 'fit', align: 'right', cell: ({ confidence }) => `${confidence} %`, sort: ({ confidence }) => confidence },
  { id: 'seen', title: t('inventory.seen'), width: 'fit', cell: ({ lastSeenAt }) => <Time at={lastSeenAt} />, sort: ({ lastSeenAt }) => lastSeenAt },
];

/** Every asset; one opens beside the table, and `i` asks to hear no more of it. */
export function AssetList({ answer }: { readonly answer: UseQueryResult<Assets> }): ReactNode {
  const [view, change] = useView({ q: '', status: '', kind: '', open: '' });
  const [ignored, setIgnored] = useState<AssetRow>();
  const may = useMay('change');
  return (
    <>
      <Filters view={view} onChange={change} text="q" choices={[
        { name: 'status', label: t('inventory.status'), choices: [anyOf, ...STATUSES.map((one): Choice => [one, tWord('state', one)])] },
        { name: 'kind', label: t('inventory.kind'), choices: [anyOf, ...ASSET_KINDS.map((one): Choice => [one, tWord('asset', one)])] },
      ]} />
      <Asked of={answer}>
        {({ assets, total, knowsTraffic }) => (
          <>
            <div className="inventory-bar">
              <Bar label={t('inventory.servers')} parts={STATUSES.map((status) => ({
                name: tWord('state', status), count: assets.filter((one) => one.status === status).length, tone: TONES[status],
              }))} />
            </div>
            {!knowsTraffic && <p className="quiet">{t('inventory.noTraffic')}</p>}
            {total > assets.length && <p className="quiet">{t('inventory.more', { shown: assets.length, total })}</p>}
            <Split side={view.open === '' ? undefined
              : <Drawer title={t('inventory.asset')} onClose={() => change({ open: '' })}><Asset id={view.open} /></Drawer>}>
              <Table label={t('inventory.title')} columns={COLUMNS} id={({ id }) => id} openId={view.open} onOpen={({ id }) => change({ open: id })}
                rows={assets.filter((one) => isWanted(one, view)).toSorted(worstFirst)} keys={{ i: (row) => setIgnored(may ? row : undefined) }}
                empty={<Empty title={t('inventory.none')}>{t('inventory.noneSays')}</Empty>} />
            </Split>
          </>
        )}
      </Asked>
      {ignored !== undefined && <ActDialog {...ignoring(ignored.id)} onClose={() => setIgnored(undefined)} />}
    </>
  );
}

const anyOf: Choice = ['', t('inventory.any')];

function isWanted({ name, keys, places, status, kind }: AssetRow, view: Readonly<Record<'q' | 'status' | 'kind', string>>): boolean {
  return (view.status === '' || view.status === status) && (view.kind === '' || view.kind === kind)
    && [name, ...keys, ...places].join(' ').toLowerCase().includes(view.q.toLowerCase());
}

function worstFirst(one: AssetRow, other: AssetRow): number {
  return rank(one) - rank(other) || other.lastSeenAt - one.lastSeenAt;
}

function rank({ status, ignored }: AssetRow): number {
  return (status === undefined ? STATUSES.length : STATUSES.indexOf(status)) + (ignored === undefined ? 0 : IGNORED_RANK);
}
