import { lazy, Suspense } from 'react';
import type { ReactNode } from 'react';
import type { FindingTrends } from '../../../src/control/findings/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Loading, Panel } from '../../kit/page.tsx';
import { HeatMap } from '../../kit/pictures.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';

const Chart = lazy(async () => ({ default: (await import('../../kit/chart.tsx')).Chart }));

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
const TONES = { critical: 'bad', high: 'bad', medium: 'held', low: 'info', info: 'neutral' } as const;
const DETECTORS_MAX = 15;
const HEAT_DAYS = 14;

/** Findings by day: grave ones, and by what found them. */
export function Trends(): ReactNode {
  const [view, change] = useView({ days: '30' });
  const answer = useAsk<FindingTrends>('/findings/trends', { days: view.days });
  return (
    <>
      <Filters view={view} onChange={change} choices={[
        { name: 'days', label: t('findings.period'), choices: ['7', '30', '90', '365'].map((days) => [days, t('findings.daysOf', { count: Number(days) })]) },
      ]} />
      <Asked of={answer}>{({ days }) => <Pictures days={days} />}</Asked>
    </>
  );
}

function Pictures({ days }: FindingTrends): ReactNode {
  const shown = days.slice(-HEAT_DAYS);
  const totals = new Map<string, number>();
  for (const { detectors } of shown) for (const [name, count] of Object.entries(detectors)) totals.set(name, (totals.get(name) ?? 0) + count);
  const names = [...totals].toSorted(([, one], [, other]) => other - one).slice(0, DETECTORS_MAX).map(([name]) => name);
  return (
    <>
      <Panel title={t('findings.bySeverity')}>
        <Suspense fallback={<Loading />}>
          <Chart label={t('findings.bySeverity')} times={days.map(({ day }) => Date.parse(day))} series={SEVERITIES.map((severity) => ({
            name: tWord('severity', severity), tone: TONES[severity], values: days.map(({ severities }) => severities[severity] ?? 0),
          }))} />
        </Suspense>
        <HeatMap label={t('findings.bySeverity')} heat={{
          rows: SEVERITIES.map((severity) => tWord('severity', severity)), columns: shown.map(({ day }) => day.slice(5)),
          at: (row, column) => shown[column]?.severities[SEVERITIES[row] ?? 'info'] ?? 0,
        }} />
      </Panel>
      {names.length > 0 && (
        <Panel title={t('findings.byDetector')}>
          <HeatMap label={t('findings.byDetector')} heat={{
            rows: names, columns: shown.map(({ day }) => day.slice(5)), at: (row, column) => shown[column]?.detectors[names[row] ?? ''] ?? 0,
          }} />
        </Panel>
      )}
    </>
  );
}
