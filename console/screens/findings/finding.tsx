import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Page, Panel } from '../../kit/page.tsx';
import { To } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';
import { Detail } from './detail.tsx';

/** One finding as a page of its own, for who comes by a link. */
export function FindingPage(): ReactNode {
  const { id = '' } = useParams({ strict: false });
  return (
    <Page title={t('findings.finding')} lead={<To to="/findings">{t('findings.toAll')}</To>}>
      <Panel title={t('kit.details')}><Detail id={id} /></Panel>
    </Page>
  );
}
