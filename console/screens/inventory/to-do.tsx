import type { ReactNode } from 'react';
import type { InventoryFindingRow, InventoryFindings } from '../../../src/control/inventory/answer.ts';
import { SEVERITIES } from '../../../src/domain/finding.ts';
import { useAsk } from '../../api/ask.ts';
import { Severity } from '../../kit/badge.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Filters } from '../../kit/filters.tsx';
import type { Choice } from '../../kit/field.tsx';
import { Asked, Empty, Facts } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment, Time } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { pathOf } from '../../api/client.ts';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';

const COLUMNS: readonly Column<InventoryFindingRow>[] = [
  { id: 'name', title: t('inventory.asset'), cell: ({ name }) => <Text value={name} line />, sort: ({ name }) => name },
  { id: 'severity', title: t('inventory.severity'), width: 'fit', cell: ({ severity }) => <Severity value={severity} />,
    sort: ({ severity }) => SEVERITIES.indexOf(severity) },
  { id: 'rule', title: t('inventory.wrong'), width: 'fit', cell: ({ rule }) => tWord('risk', rule), sort: ({ rule }) => rule },
  { id: 'remedy', title: t('inventory.remedy'), width: 3, cell: ({ remedy }) => <Text value={remedy} line /> },
  { id: 'seen', title: t('inventory.seen'), width: 'fit', cell: ({ lastSeenAt }) => <Time at={lastSeenAt} />, sort: ({ lastSeenAt }) => lastSeenAt },
];

/** What somebody should do something about, the worst first. */
export function ToDo(): ReactNode {
  const [view, change] = useView({ severity: '', all: '', finding: '' });
  const answer = useAsk<InventoryFindings>('/inventory/findings', {
    ...(view.severity === '' ? {} : { severity: view.severity }), ...(view.all === '' ? {} : { ignored: 'true' }),
  });
  return (
    <>
      <Filters view={view} onChange={change} choices={[
        { name: 'severity', label: t('inventory.severity'),
          choices: [['', t('inventory.any')], ...SEVERITIES.toReversed().map((one): Choice => [one, tWord('severity', one)])] },
        { name: 'all', label: t('inventory.show'), choices: [['', t('inventory.notIgnored')], ['yes', t('inventory.withIgnored')]] },
      ]} />
      <Asked of={answer}>
        {({ findings }) => {
          const open = findings.find(({ id }) => id === view.finding);
          return (
            <Split side={open === undefined ? undefined : <Open finding={open} onClose={() => change({ finding: '' })} />}>
              <Table label={t('inventory.todo')} rows={findings} columns={COLUMNS} id={({ id }) => id} openId={view.finding}
                onOpen={({ id }) => change({ finding: id })} empty={<Empty title={t('inventory.nothingToDo')}>{t('inventory.nothingToDoSays')}</Empty>} />
            </Split>
          );
        }}
      </Asked>
    </>
  );
}

function Open({ finding, onClose }: { readonly finding: InventoryFindingRow; readonly onClose: () => void }): ReactNode {
  const { name, rule, severity, seen, remedy, asset, firstSeenAt } = finding;
  return (
    <Drawer title={tWord('risk', rule)} onClose={onClose}>
      <Facts rows={[
        [t('inventory.asset'), <Text key="name" value={name} />], [t('inventory.severity'), <Severity key="severity" value={severity} />],
        [t('inventory.places'), <Text key="seen" value={seen.join('\n')} mono />], [t('inventory.first'), <Moment key="first" at={firstSeenAt} />],
      ]} />
      <p><Text value={remedy} /></p>
      {asset !== '' && <p><To to={pathOf`/inventory/${asset}`} button>{t('inventory.toAsset')}</To></p>}
    </Drawer>
  );
}
