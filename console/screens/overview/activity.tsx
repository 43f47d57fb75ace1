import type { ReactNode } from 'react';
import type { Activity as Answer } from '../../../src/control/audit/answer.ts';
import { showHidden } from '../../../src/domain/hidden.ts';
import { useAsk } from '../../api/ask.ts';
import { Asked, Panel } from '../../kit/page.tsx';
import { HeatMap, Spark } from '../../kit/pictures.tsx';
import { t } from '../../texts/t.ts';

type Row = Answer['rows'][number];

const HOUR_MS = 3_600_000;
const ROWS_MAX = 8;
const NAME_MAX = 30;
const SUMS = ['calls', 'denials', 'held', 'findings'] as const;
/** Where each stands in a cell, after when it began. */
const PLACES = { calls: 1, denials: 2, held: 3, findings: 5 } as const;

/** The last day by hours: in all as lines, and by server as a heat map. */
export function Activity(): ReactNode {
  const all = useAsk<Answer>('/audit/activity');
  const byServer = useAsk<Answer>('/audit/activity', { by: 'server', limit: ROWS_MAX });
  return (
    <Panel title={t('overview.activity')}>
      <Asked of={all}>
        {({ rows: [row], since, until }) => (
          <dl className="overview-sparks">
            {SUMS.map((name) => (
              <div key={name}>
                <dt>{t(`overview.${name}`)}</dt>
                <dd>
                  <strong>{(row?.[name] ?? 0).toLocaleString('en')}</strong>
                  <Spark label={t(`overview.${name}`)} values={hours(row, since, until, PLACES[name])} />
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Asked>
      <Asked of={byServer}>{(answer) => <Heat answer={answer} />}</Asked>
    </Panel>
  );
}

function Heat({ answer: { rows, since, until } }: { readonly answer: Answer }): ReactNode {
  if (rows.length === 0) return undefined;
  const counts = rows.map((row) => hours(row, since, until, PLACES.calls).map((calls, hour) => calls + (hours(row, since, until, PLACES.denials)[hour] ?? 0)));
  const columns = (counts[0] ?? []).map((_, hour) => String(new Date(since + hour * HOUR_MS).getHours()).padStart(2, '0'));
  return (
    <HeatMap label={t('overview.byServer')} heat={{
      rows: rows.map(({ name }) => showHidden(name.slice(0, NAME_MAX))), columns, at: (row, column) => counts[row]?.[column] ?? 0,
    }} />
  );
}

/** A number for each hour; hours without a cell had nothing. */
function hours(row: Row | undefined, since: number, until: number, place: number): readonly number[] {
  const counts = new Map(row?.cells.map((cell) => [cell[0], cell[place] ?? 0]));
  return Array.from({ length: Math.ceil((until - since) / HOUR_MS) }, (_, hour) => counts.get(since + hour * HOUR_MS) ?? 0);
}
