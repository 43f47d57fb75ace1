import type { ReactNode } from 'react';
import type { Assets, InventoryFindings } from '../../../src/control/inventory/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { CommandLine } from '../../kit/button.tsx';
import { Page } from '../../kit/page.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { AssetList } from './asset-list.tsx';
import { Sensors } from './sensors.tsx';
import { ToDo } from './to-do.tsx';
import './inventory.css';

/** What was seen around the gate, and what of it goes past it. */
export function Inventory(): ReactNode {
  const [view, change] = useView({ tab: 'assets' });
  const assets = useAsk<Assets>('/inventory/assets');
  const findings = useAsk<InventoryFindings>('/inventory/findings');
  return (
    <Page title={t('inventory.title')} lead={t('inventory.lead')}>
      <Tabs label={t('inventory.title')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'assets', title: t('inventory.assets'), content: () => <AssetList answer={assets} /> },
        { id: 'todo', title: t('inventory.todo'), count: findings.data?.total ?? 0, content: () => <ToDo /> },
        { id: 'sensors', title: t('inventory.sensors'), content: () => <Sensors /> },
      ]} />
      <details className="inventory-how"><summary>{t('inventory.lookSays')}</summary>
        <CommandLine words={['discover', 'host']} />
        <CommandLine words={['discover', 'network', 'targets.yaml']} />
        <CommandLine words={['discover', 'inventory', '--cyclonedx']} />
      </details>
    </Page>
  );
}
