import type { ReactNode } from 'react';
import type { Matrix, MatrixRow } from '../../../src/control/policies/answer.ts';
import { showHidden } from '../../../src/domain/hidden.ts';
import { useAsk } from '../../api/ask.ts';
import { Badge } from '../../kit/badge.tsx';
import type { Tone } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';

const TONES: Readonly<Record<MatrixRow['cells'][number], Tone>> = { allow: 'good', deny: 'neutral', unknown: 'held' };
/** More agents than this are looked through by their names. */
const COLUMNS_MAX = 8;
const NAME_CHARS = 40;

/** Who can call what: a tool a row, an agent a column. */
export function MatrixTab(): ReactNode {
  const [view, change] = useView({ q: '', agent: '' });
  const answer = useAsk<Matrix>('/policies/matrix');
  const agents = [...new Set(answer.data?.principals.map(({ agent }) => agent))];
  return (
    <>
      <Filters view={view} onChange={change} text="q" choices={[
        { name: 'agent', label: t('policies.agent'), choices: [['', t('policies.all')], ...agents.map((agent) => [agent, nameOf(agent)] as const)] },
      ]} />
      <p className="quiet policies-note">{t('policies.matrixSays')}</p>
      <Asked of={answer}>
        {({ principals, rows }) => {
          const shown = principals.flatMap((one, place) => (view.agent === '' || one.agent === view.agent ? [{ ...one, place }] : []));
          const columns: readonly Column<MatrixRow>[] = [
            {
              id: 'tool', title: t('policies.tool'), width: 2, cell: ({ server, tool }) => <Text value={`${server}/${tool}`} mono line />,
              sort: ({ server, tool }) => `${server}/${tool}`,
            },
            { id: 'effect', title: t('policies.effect'), width: 'fit', cell: ({ effect }) => effect, sort: ({ effect }) => effect },
            ...shown.slice(0, COLUMNS_MAX).map(({ agent, place }): Column<MatrixRow> => ({
              id: String(place), title: nameOf(agent), cell: ({ cells }) => <Cell value={cells[place] ?? 'deny'} />, sort: ({ cells }) => cells[place] ?? '',
            })),
          ];
          return (
            <>
              <Table label={t('policies.matrix')} rows={rows.filter(({ server, tool }) => `${server}/${tool}`.includes(view.q))} columns={columns}
                id={({ server, tool }) => `${server}/${tool}`} empty={<Empty title={t('policies.noTools')} />} />
              {shown.length > COLUMNS_MAX && <p className="quiet">{t('policies.moreAgents', { count: shown.length - COLUMNS_MAX })}</p>}
            </>
          );
        }}
      </Asked>
      <CommandLine words={['policy', 'matrix']} />
    </>
  );
}

function Cell({ value }: { readonly value: MatrixRow['cells'][number] }): ReactNode {
  return <Badge tone={TONES[value]}>{tWord('may', value)}</Badge>;
}

function nameOf(agent: string): string {
  return showHidden(agent).slice(0, NAME_CHARS);
}
