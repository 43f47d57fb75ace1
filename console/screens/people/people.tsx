import type { ReactNode } from 'react';
import { Page } from '../../kit/page.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { AccessTab } from './access.tsx';
import { Agents } from './agents.tsx';
import { Connections } from './connections.tsx';
import { Persons } from './persons.tsx';
import { Tokens } from './tokens.tsx';
import { Unknown } from './unknown.tsx';

/** Who acts here: agents and the people behind them, what they may do, and what opens doors for them. */
export function People(): ReactNode {
  const [view, change] = useView({ tab: 'agents' });
  return (
    <Page title={t('people.title')} lead={t('people.lead')}>
      <Tabs label={t('people.title')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'agents', title: t('people.agents'), content: () => <Agents /> },
        { id: 'unknown', title: t('people.unknown'), content: () => <Unknown /> },
        { id: 'people', title: t('people.people'), content: () => <Persons /> },
        { id: 'access', title: t('people.access'), content: () => <AccessTab /> },
        { id: 'tokens', title: t('people.tokens'), content: () => <Tokens /> },
        { id: 'connections', title: t('people.connections'), content: () => <Connections /> },
      ]} />
    </Page>
  );
}
