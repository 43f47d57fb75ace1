import type { ReactNode } from 'react';
import { Empty, Page } from '../kit/page.tsx';
import { To } from '../kit/to.tsx';
import { t } from '../texts/t.ts';

export function Nowhere(): ReactNode {
  return (
    <Page title={t('shell.nowhere')}>
      <Empty title={t('shell.nowhereSays')}><To to="/" button>{t('shell.home')}</To></Empty>
    </Page>
  );
}
