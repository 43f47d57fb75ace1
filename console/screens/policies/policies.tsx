import type { ReactNode } from 'react';
import { useMay } from '../../api/me.ts';
import { Page } from '../../kit/page.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { To } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { ExceptionList } from './exceptions.tsx';
import { Explain } from './explain.tsx';
import { Files } from './files.tsx';
import { MatrixTab } from './matrix.tsx';
import { RoleList } from './roles.tsx';
import { SimulateTab } from './simulate.tsx';
import { Tests } from './tests.tsx';
import './policies.css';

/** What is allowed: the files that say so, who may do what by them, why something was decided, and what another text would change. */
export function Policies(): ReactNode {
  const [view, change] = useView({ tab: 'files' });
  const mayAudit = useMay('audit');
  return (
    <Page title={t('policies.title')} lead={t('policies.lead')} actions={<To to="/policies/~new" button>{t('policies.new')}</To>}>
      <Tabs label={t('policies.title')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'files', title: t('policies.files'), content: () => <Files /> },
        { id: 'matrix', title: t('policies.matrix'), content: () => <MatrixTab /> },
        ...(mayAudit ? [
          { id: 'explain', title: t('policies.explain'), content: () => <Explain /> },
          { id: 'simulate', title: t('policies.simulate'), content: () => <SimulateTab /> },
        ] : []),
        { id: 'tests', title: t('policies.tests'), content: () => <Tests draft="*" /> },
        { id: 'exceptions', title: t('policies.exceptions'), content: () => <ExceptionList /> },
        { id: 'roles', title: t('policies.roles'), content: () => <RoleList /> },
      ]} />
    </Page>
  );
}
