import type { ReactNode } from 'react';
import type { Comparison, VersionRow, Versions } from '../../../src/control/configuration/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { CommandLine } from '../../kit/button.tsx';
import { Filters } from '../../kit/filters.tsx';
import type { Choice } from '../../kit/field.tsx';
import { Asked, Panel } from '../../kit/page.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { Differences, Permits } from './differences.tsx';

const LIMIT = 500;

/** Two versions beside each other: what differs, and who can do more or less. */
export function Compare(): ReactNode {
  const answer = useAsk<Versions>('/configuration/versions', { limit: LIMIT }, { reach: 'organisation' });
  return <Asked of={answer}>{({ versions }) => <OfTwo versions={versions} />}</Asked>;
}

function OfTwo({ versions }: { readonly versions: readonly VersionRow[] }): ReactNode {
  const [newest, before] = versions;
  const [view, change] = useView({ from: String(before?.number ?? newest?.number ?? 1), to: String(newest?.number ?? 1) });
  const choices = versions.map(({ number, action, id }): Choice => [String(number), `${number} · ${action} ${id.slice(0, 60)}`]);
  const answer = useAsk<Comparison>('/configuration/diff', { from: view.from, to: view.to }, { reach: 'organisation' });
  return (
    <>
      <Filters view={view} onChange={change} choices={[
        { name: 'from', label: t('configuration.from'), choices }, { name: 'to', label: t('configuration.to'), choices },
      ]} />
      <Asked of={answer}>
        {(comparison) => (
          <>
            <Panel title={t('configuration.permits')} flush><Permits comparison={comparison} /></Panel>
            <Panel title={t('configuration.differences')}><Differences differences={comparison.differences} /></Panel>
          </>
        )}
      </Asked>
      <CommandLine words={['config', 'diff', view.from, view.to]} />
    </>
  );
}
